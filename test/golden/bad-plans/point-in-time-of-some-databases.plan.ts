import { daily, directory, host, keep, mysql, plan, secretFile, systemd } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
const common = {
  on: web,
  credentials: secretFile("/etc/my.cnf"),
  service: systemd("mysql"),
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
};

export default plan("shop", { assets: [
  mysql("orders", { ...common, databases: "all", pointInTime: { every: "5m" } }),
  mysql("orders-log", { ...common, databases: ["shop"], pointInTime: { every: "5m" } }),
] });
