import { daily, directory, host, keep, mysql, plan, secretCommand, secretFile, systemd } from "lifeboat";

const db = host("db");
const common = {
  on: db,
  schedule: daily("02:00"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
};

export default plan("mysql", {
  assets: [
    mysql("all", {
      ...common,
      databases: "all",
      credentials: secretFile("/etc/lifeboat/mysql.cnf"),
      service: systemd("mariadb"),
      pointInTime: { every: "5m" },
    }),
    mysql("some", {
      ...common,
      databases: ["shop", "it's"],
      credentials: { user: "backup", password: secretCommand("/usr/local/bin/print-password"), port: 3307 },
      restoreCredentials: secretFile("/etc/lifeboat/mysql-restore.cnf"),
    }),
  ],
});
