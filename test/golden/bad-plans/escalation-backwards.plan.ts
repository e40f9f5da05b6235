import { contact, daily, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });
const lee = contact("lee", { name: "Lee Junho", email: "junho.lee@shop.example" });
export default plan("shop", {
  assets: [
    files("notes", { on: web, paths: ["/srv/notes"], schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }) }),
  ],
  escalation: [
    { title: "engineer on duty", who: [kim], within: "30m" },
    { title: "senior engineer", who: [lee], within: "15m" },
  ],
});
