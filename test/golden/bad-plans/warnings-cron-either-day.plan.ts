import { cron, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", {
  assets: [
    files("notes", {
      on: web,
      paths: ["/srv/notes"],
      schedule: cron("0 2 1-7 * sun"),
      copies: [disk],
      keep: keep({ daily: 7 }),
    }),
  ],
});
