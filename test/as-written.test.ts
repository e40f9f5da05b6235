import { beforeAll, describe, expect, it } from "vitest";
import { type Checked, checkPlan } from "./lib/compile.ts";
import { expectGolden } from "./lib/golden.ts";

/**
 * What a reader of the document finds wrong with it, line by line of the document, and what the compiler says of its transcription. Only
 * mistakes of policy are here: what the document does wrong in its commands cannot be said in a plan.
 */
const MISTAKES: readonly (readonly [lines: string, mistake: string, code: string, says: RegExp])[] = [
  [
    "347",
    "a dump that no step put there",
    "LB4014",
    /step 'load' reads \/tmp\/mysql-dump-YYYYMMDD\.sql on 'mysql'/,
  ],
  ["84–95", "no retention for manifests", "LB4002", /'manifests'/],
  ["152", "no retention for Redis", "LB4002", /'redis'/],
  ["163–168", "no retention for volumes", "LB4002", /'clickhouse'/],
  ["163–168", "no retention for Vault", "LB4002", /'vault'/],
  [
    "128–137",
    "MySQL's dumps never leave their host",
    "LB4010",
    /copy of 'mysql': 'vm-backup': the host 'mac' is lost/,
  ],
  [
    "68, 628",
    "etcd's snapshots never leave their hosts",
    "LB4010",
    /copy of 'etcd': 'vm-backup': the host 'mac' is lost/,
  ],
  ["188–194", "the off-site sync is not scheduled", "LB4027", /'bucket'/],
  ["188–194", "neither off-site nor locked", "LB4025", /none off-site, none that cannot be deleted/],
  ["92", "Secrets in plain text", "LB2018", /Secrets of the cluster would lie in the store in plain text/],
  ["68", "etcd in plain text", "LB4003", /'etcd' are not encrypted/],
  ["43", "Terraform's state in plain text", "LB4003", /'terraform' are not encrypted/],
  ["43", "asleep at 02:00", "LB4017", /how late jobs run on 'mac', which sleeps/],
  ["101–121", "Velero without plugins", "LB2018", /Velero is installed without a plugin/],
  ["101–121", "snapshots without a snapshotter", "LB2018", /snapshots of volumes without a snapshotter/],
  [
    "101–121",
    "Velero's restore is never used",
    "LB4012",
    /'cluster-lost': 'velero' is lost .* no step restores it/,
  ],
  [
    "143–145, 491",
    "save points contradict hourly",
    "LB2018",
    /save points make a snapshot after 15 min .* 1h is told/,
  ],
  ["68, 628", "the PKI is never saved", "LB4026", /'etcd' is of no use without \/etc\/kubernetes\/pki/],
  [
    "207, 231",
    "RPO 0 with local volumes",
    "LB4008",
    /'clickhouse' may lose the data of 1 d in scenario 'worker-down', .* no loss/,
  ],
  ["296–314", "add-ons before their databases", "LB4010", /step 'addons' needs the asset 'mysql'/],
  [
    "296–314",
    "Vault is never restored in a total loss",
    "LB4012",
    /'cluster-lost': 'vault' is lost .* no step restores it/,
  ],
  ["370–377", "who holds the unseal keys is not said", "LB4010", /unseal-key-1.*: who has it is not said/],
  [
    "487–493",
    "RPO of a day, from a daily run that takes time",
    "LB4017",
    /how long a backup of 'mysql' takes .* the RPO of 'mysql'/,
  ],
  [
    "487–493",
    "RPO of a day, from copies that go with the site",
    "LB4008",
    /'etcd' may lose all of its data in scenario 'cluster-lost'/,
  ],
  [
    "262, 552",
    "RTO of 10 minutes, answered within 15",
    "LB4009",
    /'master-down' takes 15 min, and the plan allows 10 min/,
  ],
  ["478", "several masters, without a scenario", "LB4013", /'다수 Master 노드 장애' is promised/],
  ["481", "volumes, without a scenario", "LB4013", /'PVC 데이터 손실' is promised/],
  [
    "475–481",
    "scenario 5 is missing from the table",
    "LB4013",
    /'vault-sealed' is missing from the objectives/,
  ],
  ["27–32", "ransomware without a scenario", "LB4013", /covers 'security'/],
  ["27–32", "the loss of the site without a scenario", "LB4013", /covers 'natural'/],
  ["548–560", "placeholders for people", "LB4018", /name of contact 'dr-lead' is not filled in: '\[이름\]'/],
  ["556–560", "placeholders for vendors", "LB4018", /phone of vendor 'cloud' is not filled in/],
  ["716", "a placeholder for the approver", "LB4018", /name of contact 'approver' is not filled in/],
  ["436–462, 502", "checks that only list", "LB4024", /'kubectl get nodes' succeeds whatever it finds/],
  ["520", "an integrity check that tests nothing", "LB4024", /'terraform state pull' succeeds/],
  ["526", "an integrity check of a hundred lines", "LB4024", /'head -100 .* succeeds/],
];

describe("the plan as it was written", () => {
  let checked: Checked;
  beforeAll(async () => {
    checked = await checkPlan("plans/as-written.plan.ts");
  });

  it.each(MISTAKES)("lines %s: %s", (_lines, _mistake, code, says) => {
    const found = checked.diagnostics.filter((each) => each.code === code);
    expect(found.map((each) => each.message).filter((message) => says.test(message))).not.toEqual([]);
  });

  it("reads as it always did", () => {
    expectGolden("test/golden/as-written.txt", checked.text);
  });
});
