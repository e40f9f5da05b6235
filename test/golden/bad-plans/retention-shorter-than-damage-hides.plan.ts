import { contact, daily, directory, escrow, files, host, keep, plan, restore, scenario, ssh } from "lifeboat";

const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });
const repo = escrow("repo");
const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const far = directory("far", { on: nas, path: "/backup", speed: "100MiB/s" });
const disk = directory("disk", { path: "/backup" });
const notes = files("notes", {
  on: web,
  paths: ["/srv/notes"],
  schedule: daily("02:00"),
  copies: [disk, far],
  keep: keep({ daily: 7 }),
  expect: { size: "1GiB", backup: "5m", restore: "10m" },
});
const lost = scenario("lost", {
  title: "The machine is lost",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["it does not answer"],
  impact: { level: "high" },
  loses: [notes],
  detection: { by: "the monitoring", within: "5m", hidden: "14d" },
  steps: [restore(notes)],
  rto: "2h",
  rpo: "2d",
});
export default plan("shop", {
  assets: [notes],
  escrow: [repo],
  scenarios: [lost],
  escalation: [{ title: "on duty", who: [kim], within: "15m" }],
});
