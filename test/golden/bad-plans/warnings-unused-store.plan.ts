import { daily, directory, files, host, keep, plan, s3 } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
const offsite = s3("offsite", {
  bucket: "shop-backups",
  region: "eu-central-1",
  credentials: "/etc/lifeboat/aws",
  lock: "30d",
});
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
  stores: [offsite],
});
