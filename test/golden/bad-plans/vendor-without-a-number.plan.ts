import { daily, directory, files, host, keep, plan, vendor } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", {
  assets: [
    files("notes", { on: web, paths: ["/srv/notes"], schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }) }),
  ],
  vendors: [vendor("cloud", { name: "Some Cloud", provides: "cloud provider" })],
});
