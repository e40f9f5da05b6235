import { daily, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

const loop = { id: "vm" };
const vm = host("vm", { runsOn: "vm" });

export default plan("shop", { hosts: [vm], assets: [files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
