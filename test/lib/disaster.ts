/** Parts of a plan's source. Lists of options are added to what is there; the others stand in for it. */
interface Parts {
  /** Options of the host `web`, of the machine `nas` and of the store `far` on it. */
  readonly web?: string;
  readonly nas?: string;
  readonly far?: string;
  /** Statements before the asset `notes`, and before the scenario `lost`. */
  readonly before?: string;
  readonly between?: string;
  /** The asset's estimates and copies, and more options of it. */
  readonly expect?: string;
  readonly copies?: string;
  readonly notes?: string;
  /** What is lost and what is done, how it is noticed, its objective, and more options of the scenario. */
  readonly loses?: string;
  readonly steps?: string;
  readonly detection?: string;
  readonly rto?: string;
  readonly scenario?: string;
  /** The assets, and more options of the plan. */
  readonly assets?: string;
  readonly scenarios?: string;
  readonly plan?: string;
}

/** A plan for the loss of a host whose files are on a NAS, too, and in which nothing is wrong until a part says otherwise. */
export function disaster(parts: Parts = {}): string {
  const { web = "", nas = "", far = "", before = "", between = "", notes = "", scenario = "" } = parts;
  const { copies = "disk, far", expect = 'size: "1GiB", backup: "5m", restore: "10m"' } = parts;
  const { loses = "web", detection = 'within: "5m"', rto = "2h" } = parts;
  const { steps = 'rebuild(web, { id: "machine", takes: "20m" }), restore(notes)' } = parts;
  const { assets = "notes", scenarios = "lost", plan = "" } = parts;
  return `const web = host("web", { reach: ssh({ address: "10.0.0.6" }), ${web} });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }), ${nas} });
const disk = directory("disk", { path: "/backup" });
const far = directory("far", { on: nas, path: "/backup", speed: "100MiB/s", ${far} });
const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });
const common = { schedule: daily("02:00"), keep: keep({ daily: 7 }) } as const;
${before}
const notes = files("notes", {
  ...common, on: web, paths: ["/srv/notes"], copies: [${copies}], expect: { ${expect} }, ${notes}
});
${between}
const told = {
  title: "It is lost", disaster: "infrastructure", priority: "P2", symptoms: ["it does not answer"], impact: { level: "high" }, rpo: "2d",
} as const;
const lost = scenario("lost", {
  ...told, loses: [${loses}], detection: { by: "the monitoring", ${detection} }, rto: "${rto}", steps: [${steps}], ${scenario}
});
export default plan("shop", {
  assets: [${assets}], scenarios: [${scenarios}], escrow: [escrow("repo")],
  escalation: [{ title: "on duty", who: [kim], within: "15m" }], ${plan}
});
`;
}
