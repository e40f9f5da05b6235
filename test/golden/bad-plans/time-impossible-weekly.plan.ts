import { daily, directory, files, host, keep, plan, weekly } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: weekly("sunday", "12:60"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
