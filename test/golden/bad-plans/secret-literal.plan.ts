import { daily, directory, files, host, keep, mysql, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [mysql("orders", {
  on: web,
  databases: ["orders"],
  credentials: { user: "root", password: "hunter2" as never },
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
