import { directory, every, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", {
  assets: [
    files("notes", {
      on: web,
      paths: ["/srv/notes"],
      schedule: every("5m"),
      copies: [disk],
      keep: keep({ last: 7 }),
      expect: { backup: "6m" },
    }),
  ],
});
