import { contact, daily, directory, escrow, files, host, keep, manual, plan, rebuild, restore, scenario, ssh } from "lifeboat";

const repo = escrow("repo");
const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas");
const disk = directory("disk", { path: "/backup" });
const far = directory("far", { on: nas, path: "/backup", speed: "100MiB/s" });
const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });
const notes = files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: daily("02:00"),
  copies: [disk, far],
  keep: keep({ daily: 7 }),
  expect: { size: "1GiB", backup: "5m", restore: "10m" },
});
export default plan("shop", {
  assets: [notes],
  escrow: [repo],
  scenarios: [
    scenario("ransomware", {
      title: "Ransomware",
      disaster: "security",
      priority: "P1",
      symptoms: ["files are encrypted"],
      impact: { level: "critical" },
      // The NAS fetches from the web server, so it holds a key to it: whoever is on the NAS is on both.
      loses: [nas],
      malicious: true,
      detection: { by: "users", within: "1h" },
      steps: [
        manual("Cut the network", { id: "cut", takes: "10m" }),
        rebuild([web, nas], { id: "machines", takes: "1h" }),
        restore(notes),
      ],
      rto: "4h",
      rpo: "2d",
    }),
  ],
  escalation: [{ title: "on duty", who: [kim], within: "15m" }],
});
