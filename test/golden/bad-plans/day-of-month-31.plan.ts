import { daily, directory, files, host, keep, monthly, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: monthly(31, "02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
