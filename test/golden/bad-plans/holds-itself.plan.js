import { daily, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

const hook = { mail: "ops@example.com" };
hook.on = [hook];

export default plan("shop", { notify: [hook], assets: [files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
})] });
