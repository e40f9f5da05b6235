import { daily, directory, host, keep, mysql, plan, secretFile, systemd } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [mysql("orders", {
  on: web,
  databases: "all",
  credentials: secretFile("/etc/my.cnf"),
  service: systemd("mysql"),
  pointInTime: { every: "7m" },
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
