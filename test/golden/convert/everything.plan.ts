/**
 * A plan with every builder that a value of a plan can be made with.
 *
 * Nobody runs it: what it is for is in test/convert.
 */
import {
  age,
  alive,
  check,
  command,
  commands,
  confirm,
  contact,
  copy,
  cron,
  daily,
  directory,
  diskFree,
  drill,
  escrow,
  etcd,
  every,
  fileOn,
  files,
  fresh,
  healthchecks,
  host,
  hostsUp,
  http,
  intact,
  keep,
  kubernetes,
  local,
  mail,
  manual,
  monthly,
  multipass,
  mysql,
  nodesReady,
  onEvent,
  opensslKey,
  plan,
  pod,
  podsReady,
  rebuild,
  restore,
  run,
  s3,
  scenario,
  secretCommand,
  secretEnv,
  secretFile,
  secretPrompt,
  site,
  ssh,
  sshSignature,
  staticPods,
  systemd,
  tcp,
  vendor,
  waitFor,
  webhook,
  weekly,
} from "lifeboat";

// The room behind the kitchen.
const office = site("office", { description: "the room behind the kitchen; Kim has the key" });
const bank = site("bank");

const kim = contact("kim", { name: "Kim Minji (김민지)", phone: "+82 10 1234 5678", role: "DR lead" });
const lee = contact("lee", { name: "Lee", email: "lee@example.com" });
const safe = escrow("safe", { at: bank, holders: [kim, lee] });

const mac = host("mac", { os: "macos", at: office, sleeps: true, timeZone: "Asia/Seoul" });
const master = host("master", { runsOn: mac, reach: multipass("master") });
const db = host("db", {
  runsOn: mac,
  // Its address is fixed by the router.
  reach: ssh({ address: "192.168.64.7", user: "backup", sudo: true }),
});
const here = host("here", { reach: local() });

const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config", controlPlane: [master], nodes: [db] });
const inside = host("inside", { reach: pod({ cluster, namespace: "vault", pod: "vault-0" }) });

const disk = directory("disk", { path: "/backup", capacity: "1TB", speed: "50MiB/s" });
const offsite = s3("offsite", { bucket: "my-backups", lock: "30d", escrow: [safe] });

const state = etcd("state", {
  members: [{ on: master, peerUrl: "https://master:2380" }],
  service: staticPods({ files: ["etcd.yaml"] }),
  schedule: every("6h"),
  copies: [disk],
  encrypt: opensslKey("/etc/lifeboat/backup.key", { escrow: [safe] }),
});

const orders = mysql("orders", {
  description: `"orders", it's said: 100% of them\nand more`,
  on: db,
  databases: "all",
  credentials: { user: "backup", password: secretEnv("MYSQL_PASSWORD", { escrow: [safe] }) },
  restoreCredentials: secretFile("/etc/lifeboat/mysql.cnf"),
  service: systemd("mysql"),
  schedule: daily("02:00"), // before the shops open
  verify: weekly("sunday", "04:00"),
  drill: monthly(1, "05:00"),
  copies: [disk, copy(offsite, { keep: keep({ daily: 30, monthly: 12 }), takes: "20m" })],
  keep: keep({ daily: 7 }),
  encrypt: age(["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "ssh-ed25519 AAAA kim"], {
    identity: "/root/age.txt",
    escrow: [safe],
  }),
  notify: [
    webhook(secretFile("/etc/lifeboat/slack-url"), { on: ["failure", "success"] }),
    healthchecks(secretCommand("/usr/local/bin/print-url")),
    mail("ops@example.com"),
    onEvent("/usr/local/bin/page-me", { on: ["failure"] }),
  ],
  needs: [state],
  group: "yes",
});

const notes = files("notes", {
  on: here,
  paths: ["/srv/notes", "/srv/on"],
  service: commands({ stop: ["/etc/init.d/app", "stop"], start: ["/etc/init.d/app", "start"] }),
  schedule: cron("30 1 * * mon-fri"),
  copies: [disk],
  encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
  sign: sshSignature(
    "/etc/lifeboat/sign",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJAcJduVBnhvxakBkJ5bc9kMXmqQpMNQHBS/iZypsEGW backup@db",
  ),
});

const morning = check("morning", {
  schedule: daily("09:00"),
  probes: [
    command(["kubectl", "get", "--raw", "/readyz"], { on: mac, title: "the API server is ready" }),
    http("https://shop.example.com/healthz", { status: 200 }),
    tcp("mysql.internal:3306"),
    nodesReady(cluster),
    podsReady(cluster, ["signoz", "argocd"]),
    podsReady(cluster),
    hostsUp(master, db),
    diskFree([master], { path: "/var/lib", atLeast: "5GiB" }),
    fresh(orders, state),
    intact([orders], { deep: true }),
    alive(orders),
  ],
  owner: kim,
});

const flood = scenario("flood", {
  title: "The office is under water",
  disaster: "natural",
  priority: "P1",
  symptoms: ["nothing answers"],
  impact: { level: "critical", description: "nobody can order" },
  loses: [office, mac, disk, notes, safe],
  detection: { by: "the morning's check", check: morning, within: "12h" },
  steps: [
    confirm("It is under water", { takes: "5m", owner: kim }),
    manual("Buy a Mac", { takes: "4h", needs: [safe, offsite, db, state, secretPrompt("The card's PIN")] }),
    rebuild([mac, master], { by: ["terraform", "apply"], on: mac, takes: "30m" }),
    restore(orders, { from: offsite, takes: "20m" }),
    run(["multipass", "restart", "master"], {
      after: ["buy-a-mac"],
      writes: [fileOn(mac, "/tmp/kit.tar"), fileOn(db, "/tmp/kit.tar")],
    }),
    waitFor(nodesReady(cluster), { takes: "5m" }),
  ],
  rto: "8h",
  rpo: "1d",
  checklists: { before: ["Call everybody"] },
});

export default plan("everything", {
  description: "every builder once",
  timeZone: "Asia/Seoul",
  controller: mac,
  escrow: [safe],
  version: "1.10",
  review: { every: "quarterly", last: "2026-11-23" },
  // In the order in which they are needed.
  assets: [state, orders, notes],
  hosts: [inside],
  scenarios: [flood],
  covers: ["natural"],
  objectives: [{ title: "Within a day", scenario: flood, rto: "1d" }],
  checks: [morning],
  drills: [drill("yearly", { every: "yearly", scenario: flood, owner: lee })],
  roles: [{ title: "DR lead", who: kim }],
  escalation: [{ title: "engineer on duty", who: [kim, lee], within: "15m" }],
  vendors: [vendor("bank-of-macs", { name: "Bank of Macs", provides: "hardware" })],
  approver: lee,
  documents: [{ title: "Network", at: "docs/network.md" }],
  tickets: ["OPS-7", "0123"],
});
