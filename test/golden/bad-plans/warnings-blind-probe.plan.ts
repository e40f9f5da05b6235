import { check, command, daily, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", {
  assets: [
    files("notes", {
      on: web,
      paths: ["/srv/notes"],
      schedule: daily("02:00"),
      copies: [disk],
      keep: keep({ daily: 7 }),
    }),
  ],
  controller: web,
  checks: [check("daily", { schedule: daily("09:00"), probes: [command(["df", "-h"])] })],
});
