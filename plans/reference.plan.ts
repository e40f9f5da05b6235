/**
 * The disaster-recovery plan of a Terraform, Multipass and kubeadm cluster on one Mac: what is saved, where it goes, what may happen, and the
 * way back. `as-written.plan.ts` is the document that it came from; where this one differs, a comment says why.
 *
 * Every set is made on the VM that has the data, fetched by the Mac, and sent off-site by the Mac: a VM holds no key to the copies,
 * and what is off-site is locked for a month, whoever asks.
 *
 * Names, numbers and sizes of people and machines are invented: put yours in their place.
 */
import {
  age,
  alive,
  check,
  clickhouse,
  command,
  confirm,
  contact,
  copy,
  daily,
  directory,
  diskFree,
  drill,
  escrow,
  etcd,
  every,
  files,
  fresh,
  type Host,
  host,
  hostsUp,
  http,
  intact,
  keep,
  kubeadmPki,
  kubeconfig,
  kubernetes,
  kubernetesResources,
  manual,
  monthly,
  multipass,
  mysql,
  nodesReady,
  plan,
  pod,
  podsReady,
  rebuild,
  redis,
  restore,
  run,
  s3,
  scenario,
  secretFile,
  secretPrompt,
  site,
  staticPods,
  systemd,
  terraformState,
  vault,
  velero,
  vendor,
  waitFor,
  weekly,
} from "lifeboat";

const timeZone = "Asia/Seoul";

// --- People -----------------------------------------------------------------------------------------------------------

const kim = contact("kim", {
  name: "Kim Minji",
  role: "DR lead",
  phone: "+82 10 3417 9026",
  email: "minji.kim@shop.example",
});
const lee = contact("lee", {
  name: "Lee Junho",
  role: "backup lead, senior engineer",
  phone: "+82 10 8852 1473",
  email: "junho.lee@shop.example",
});
const park = contact("park", {
  name: "Park Seoyeon",
  role: "engineer on duty",
  phone: "+82 10 2290 6718",
  email: "oncall@shop.example",
});
const choi = contact("choi", {
  name: "Choi Eunji",
  role: "chief technology officer",
  phone: "+82 10 6605 3349",
  email: "eunji.choi@shop.example",
});

// --- Places, machines, stores -----------------------------------------------------------------------------------------

const office = site("office", { description: "the room with the Mac" });
const seoulRegion = site("ap-northeast-2", { description: "the cloud's region in Seoul" });

// What must be at hand when everything here is gone, a second time and elsewhere.
const safe = escrow("safe", {
  holders: [kim, lee],
  description:
    "the bank's safe: the age identity, the cloud's credentials, the passwords, printed and on a stick",
});
const envelopes = escrow("envelopes", {
  holders: [kim, lee, choi],
  description: "Vault's unseal keys, one holder each; three of five are needed",
});
const repository = escrow("repository", {
  holders: [kim, lee, park],
  description: "the Git repository of this plan and of what is generated from it, hosted elsewhere",
});

const mac = host("mac", {
  os: "macos",
  timeZone,
  at: office,
  // It was asleep at 02:00: `pmset` keeps it awake, and says so to whoever proves the RPO.
  sleeps: false,
  paths: { scripts: "/opt/lifeboat/reference" },
});
const vm = (id: string) => host(id, { timeZone, runsOn: mac, reach: multipass(id) });
const masters = [vm("k8s-master-0"), vm("k8s-master-1"), vm("k8s-master-2")] as const;
const workers = [vm("k8s-worker-0"), vm("k8s-worker-1"), vm("k8s-worker-2")] as const;
const db = vm("mysql");
const cache = vm("redis");
const vms = [...masters, ...workers, db, cache];

const vmDisk = directory("vm", { path: "/backup", speed: "200MiB/s" });
const macDisk = directory("mac", {
  on: mac,
  path: "/Users/ops/backups",
  speed: "100MiB/s",
  capacity: "2TiB",
});
// It was an upload that nothing scheduled: now it is a copy with a schedule, a retention and a lock of its own.
const offsite = s3("offsite", {
  bucket: "my-backup-bucket",
  prefix: "terraform-k8s-mac",
  region: "ap-northeast-2",
  at: seoulRegion,
  credentials: "/Users/ops/.aws/lifeboat",
  escrow: [safe],
  lock: "30d",
  speed: "20MiB/s",
});

const kube = kubernetes({
  kubeconfig: "/Users/ops/.kube/config",
  context: "kubernetes-admin@kubernetes",
  controlPlane: masters,
  nodes: workers,
});

// The controller's copy and the off-site one outlive the VM's own; what is gone here is not gone there.
const copies = [
  vmDisk,
  copy(macDisk, { keep: keep({ daily: 14, weekly: 8 }) }),
  copy(offsite, { keep: keep({ daily: 30, monthly: 12 }) }),
];

// What the controller backs up itself is made on its own disk.
const fromMac = [macDisk, copy(offsite, { keep: keep({ daily: 30, monthly: 12 }) })];

// Its identity lies with the operators, not on any of these hosts: a stolen VM does not open its own backups.
const encrypt = age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", { escrow: [safe] });

// A week of days as the plan has it, and four weeks more: damage is not always noticed within seven days.
const retention = keep({ daily: 7, weekly: 4 });

const orders = mysql("mysql", {
  description: "every database of the mysql VM, accounts included",
  on: db,
  databases: "all",
  pointInTime: { every: "5m" },
  credentials: secretFile("/etc/lifeboat/mysql.cnf", { escrow: [safe] }),
  service: systemd("mysql"),
  schedule: daily("02:00"),
  verify: weekly("sunday", "04:00"),
  rpo: "1h",
  rto: "30m",
  priority: "P2",
  copies,
  keep: retention,
  encrypt,
  expect: { size: "20GiB", backup: "6m", restore: "18m", log: "30s" },
});

const sessions = redis("redis", {
  description: "every key of the redis VM",
  on: cache,
  password: secretFile("/etc/lifeboat/redis.password", { escrow: [safe] }),
  service: systemd("redis-server"),
  schedule: daily("02:10"),
  verify: weekly("sunday", "04:10"),
  rpo: "26h",
  rto: "15m",
  priority: "P2",
  copies,
  keep: retention,
  encrypt,
  expect: { size: "500MiB", backup: "1m", restore: "3m" },
});

const cluster = etcd("etcd", {
  description: "the state of the Kubernetes cluster",
  members: masters.map((on) => ({ on, peerUrl: `https://${on.id}:2380` })),
  tls: {
    ca: "/etc/kubernetes/pki/etcd/ca.crt",
    cert: "/etc/kubernetes/pki/etcd/server.crt",
    key: "/etc/kubernetes/pki/etcd/server.key",
  },
  // kubeadm's etcd is a static pod; all that watches it must restart with it, or it works with a stale cache.
  service: staticPods({
    files: ["kube-scheduler.yaml", "kube-controller-manager.yaml", "kube-apiserver.yaml", "etcd.yaml"],
  }),
  schedule: daily("02:20"),
  verify: weekly("sunday", "04:20"),
  rpo: "26h",
  rto: "30m",
  priority: "P1",
  copies,
  keep: retention,
  encrypt,
  expect: { size: "200MiB", backup: "1m", restore: "3m" },
});

const pki = (on: Host) =>
  kubeadmPki(`pki-${on.id}`, {
    description: "certificates and keys of the control plane; etcd cannot be used without its CA",
    on,
    service: staticPods({
      files: ["kube-scheduler.yaml", "kube-controller-manager.yaml", "kube-apiserver.yaml", "etcd.yaml"],
    }),
    schedule: daily("02:30"),
    rpo: "26h",
    rto: "10m",
    priority: "P1",
    copies,
    keep: retention,
    encrypt,
    expect: { size: "1MiB", backup: "1m", restore: "1m" },
  });
const certificates = [pki(masters[0]), pki(masters[1]), pki(masters[2])] as const;

// --- What the controller backs up itself ------------------------------------------------------------------------------

const fromMacDaily = { copies: fromMac, keep: keep({ daily: 14, weekly: 8 }), encrypt, rpo: "26h" } as const;

const infrastructure = terraformState("terraform", {
  description: "what Terraform knows of the VMs; without it the next apply makes everything anew",
  on: mac,
  directory: "/Users/ops/terraform-k8s-mac",
  ...fromMacDaily,
  schedule: daily("02:05"),
  verify: weekly("sunday", "04:05"),
  rto: "10m",
  priority: "P1",
  expect: { size: "5MiB", backup: "1m", restore: "1m" },
});

const access = kubeconfig("kubeconfig", {
  description: "how the controller reaches the cluster",
  on: mac,
  paths: ["/Users/ops/.kube/config"],
  ...fromMacDaily,
  schedule: daily("02:15"),
  rto: "5m",
  priority: "P1",
  expect: { size: "1MiB", backup: "1m", restore: "1m" },
});

const manifests = kubernetesResources("manifests", {
  description:
    "every object of the cluster, for single objects and for a new cluster; etcd has its whole history",
  on: mac,
  cluster: kube,
  ...fromMacDaily,
  schedule: daily("02:25"),
  verify: weekly("sunday", "04:25"),
  rto: "30m",
  priority: "P2",
  expect: { size: "50MiB", backup: "5m", restore: "10m" },
});

const volumes = velero("velero", {
  description: "objects and volumes together, in Velero's own bucket",
  on: mac,
  cluster: kube,
  image: "velero/velero:v1.16.2",
  plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
  provider: "aws",
  bucket: "my-velero-backups",
  config: [{ name: "region", value: "ap-northeast-2" }],
  credentials: secretFile("/etc/lifeboat/velero.credentials", { escrow: [safe] }),
  ...fromMacDaily,
  schedule: daily("03:30"),
  verify: weekly("sunday", "05:30"),
  rto: "75m",
  priority: "P2",
  expect: { size: "1MiB", backup: "1h", restore: "1h" },
});

const secrets = vault("vault", {
  description: "the secrets of the applications; the unseal keys are with their holders, and are asked for",
  on: mac,
  in: ["vault-0", "vault-1", "vault-2"].map((name) =>
    pod({ cluster: kube, namespace: "vault", pod: name, container: "vault" }),
  ),
  token: secretFile("/etc/lifeboat/vault.token", { escrow: [safe] }),
  schedule: daily("02:50"),
  verify: weekly("sunday", "04:50"),
  rpo: "26h",
  rto: "15m",
  priority: "P2",
  copies: fromMac,
  keep: keep({ daily: 14, weekly: 8 }),
  encrypt,
  expect: { size: "50MiB", backup: "1m", restore: "2m" },
});

const telemetry = clickhouse("clickhouse", {
  description: "what SigNoz has recorded: traces, metrics and logs",
  on: mac,
  in: pod({ cluster: kube, namespace: "signoz", pod: "signoz-clickhouse-0" }),
  databases: "all",
  password: secretFile("/etc/lifeboat/clickhouse.password", { escrow: [safe] }),
  ...fromMacDaily,
  schedule: daily("04:40"),
  verify: weekly("sunday", "06:40"),
  rto: "1h",
  priority: "P3",
  expect: { size: "30GiB", backup: "20m", restore: "40m" },
});

// A worker is made anew by Terraform and joins again; this is how it was set up.
const kubelet = (on: Host) =>
  files(`kubelet-${on.id}`, {
    description: "how the worker's kubelet is set up",
    on,
    paths: ["/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf"],
    schedule: daily("02:40"),
    rpo: "26h",
    rto: "10m",
    priority: "P4",
    copies,
    keep: retention,
    encrypt,
    expect: { size: "1MiB", backup: "1m", restore: "1m" },
  });
const kubelets = [kubelet(workers[0]), kubelet(workers[1]), kubelet(workers[2])] as const;

// --- How it is noticed ------------------------------------------------------------------------------------------------

const everything = [
  infrastructure,
  access,
  cluster,
  ...certificates,
  manifests,
  volumes,
  orders,
  sessions,
  secrets,
  telemetry,
  ...kubelets,
];

const heartbeat = check("heartbeat", {
  title: "Everything answers",
  schedule: every("5m"),
  takes: "2m",
  probes: [
    hostsUp(...vms),
    nodesReady(kube),
    podsReady(kube, ["signoz", "argocd", "vault"]),
    alive(orders, sessions, secrets, telemetry),
  ],
  owner: park,
});

// The daily list was `ls` and `kubectl get`, which succeed whatever they list: each of these fails when something is wrong.
const daybreak = check("daily", {
  title: "The night's backups, nodes, critical pods, disks",
  schedule: daily("09:00"),
  takes: "20m",
  probes: [
    fresh(...everything),
    nodesReady(kube),
    podsReady(kube, ["signoz", "argocd", "vault"]),
    diskFree(vms, { path: "/backup", atLeast: "5GiB" }),
    diskFree([mac], { path: "/Users/ops/backups", atLeast: "50GiB" }),
    http("http://signoz-frontend.signoz:3301", { on: workers[0] }),
  ],
  owner: park,
});

const weeklyCheck = check("weekly", {
  title: "The sets are whole",
  schedule: weekly("sunday", "08:00"),
  takes: "2h",
  probes: [intact(everything)],
  owner: lee,
});

const monthlyCheck = check("monthly", {
  title: "The sets can be restored; the plan is still true",
  schedule: monthly(1, "10:00"),
  takes: "6h",
  probes: [intact(everything, { deep: true })],
  manual: [
    "Do the retentions still fit what is damaged unnoticed, and for how long?",
    "Were the promised times kept in the last drills?",
    "Call every number of the escalation.",
  ],
  owner: lee,
});

// --- What may happen, and the way back --------------------------------------------------------------------------------
// Somebody is at work within a quarter of an hour, so no promise can be shorter than that; each time below says what it is made of.

const repo = "/Users/ops/terraform-k8s-mac";
/** With the old state, `apply` sees nothing to do: what is to be made anew is named. */
const anew = (...addresses: string[]) => [
  "terraform",
  `-chdir=${repo}`,
  "apply",
  "-auto-approve",
  ...addresses.map((address) => `-replace=module.k8s_cluster.null_resource.${address}`),
];
const tell = (what: string) => confirm(what, { takes: "2m" });
const kubectl = (...words: string[]) => ["kubectl", "--kubeconfig", "/Users/ops/.kube/config", ...words];
const unsealKeys = secretPrompt("three of Vault's unseal keys", { escrow: [envelopes] });

/** What a new cluster needs after its etcd, and the databases, which do not wait for it. */
const dataBack = (after: string) => [
  restore(manifests, { after: [after] }),
  restore(secrets, { after: [after], needs: [unsealKeys], takes: "10m" }),
  restore(volumes, { after: [after] }),
  restore(telemetry, { after: ["restore-velero"] }),
];

const verification = [
  hostsUp(...vms),
  command(kubectl("get", "--raw", "/readyz?verbose"), {
    prints: "readyz check passed",
    title: "the API server is ready",
  }),
  nodesReady(kube),
  podsReady(kube),
  alive(orders, sessions, secrets, telemetry),
];

// "Redistributed automatically, nothing lost" holds for pods without data. A local volume dies with its worker.
const workerDown = scenario("worker-down", {
  title: "A worker is down",
  disaster: "infrastructure",
  priority: "P3",
  symptoms: ["a node is NotReady", "its VM does not answer"],
  impact: {
    level: "low",
    description: "pods move to the other workers; those with a local volume wait for it",
  },
  loses: [workers[0]],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [
    run(["multipass", "restart", "k8s-worker-0"], { takes: "2m", note: "if it comes back, stop here" }),
    tell("The worker does not come back"),
    // It is dead: there is nothing to drain, and `purge` without a name would erase every deleted VM.
    run(kubectl("delete", "node", "k8s-worker-0"), { id: "delete-node", takes: "1m" }),
    run(["multipass", "delete", "--purge", "k8s-worker-0"], { id: "delete-vm", takes: "1m" }),
    rebuild(workers[0], { by: anew("workers[0]"), takes: "8m", needs: [infrastructure] }),
    restore(kubelets[0]),
    waitFor(nodesReady(kube), { takes: "5m" }),
    restore(volumes),
    restore(telemetry),
  ],
  rto: "3h",
  rpo: "26h",
  verification: [nodesReady(kube), podsReady(kube), alive(telemetry)],
});

// Ten minutes were promised, and nobody is at work before fifteen. Two masters go on meanwhile.
const masterDown = scenario("master-down", {
  title: "A master is down",
  disaster: "infrastructure",
  priority: "P3",
  symptoms: ["one of three masters is NotReady", "the API server answers, etcd has a quorum"],
  impact: { level: "low", description: "the service goes on; another loss would end it" },
  loses: [masters[0]],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [
    run(["multipass", "restart", "k8s-master-0"], { takes: "2m", note: "if it comes back, stop here" }),
    tell("The master does not come back"),
    // Asked of a healthy member, with certificates; what is removed is added again by the join.
    manual(
      "On k8s-master-1: etcdctl member list, member remove of k8s-master-0 (endpoint and certificates of k8s-master-1)",
      {
        id: "remove-member",
        takes: "3m",
      },
    ),
    run(kubectl("delete", "node", "k8s-master-0"), { id: "delete-node", takes: "1m" }),
    run(["multipass", "delete", "--purge", "k8s-master-0"], { id: "delete-vm", takes: "1m" }),
    rebuild(masters[0], { by: anew("masters[0]"), takes: "8m", needs: [infrastructure] }),
    restore(certificates[0]),
    manual("kubeadm join --control-plane on k8s-master-0; it becomes a member of etcd again", {
      id: "join",
      takes: "5m",
    }),
    waitFor(nodesReady(kube), { takes: "5m" }),
  ],
  rto: "1h",
  rpo: "26h",
  verification: [
    nodesReady(kube),
    command(kubectl("get", "--raw", "/readyz?verbose"), { prints: "readyz check passed" }),
  ],
});

// Promised in thirty minutes, without a word on how.
const mastersLost = scenario("masters-lost", {
  title: "Two or three masters are lost",
  disaster: "infrastructure",
  priority: "P2",
  symptoms: ["the API server does not answer", "etcd has no quorum"],
  impact: { level: "high", description: "pods run on, nothing can be changed, nothing heals" },
  loses: masters,
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [
    tell("The masters do not come back"),
    rebuild(masters, {
      by: anew("masters[0]", "masters[1]", "masters[2]"),
      takes: "10m",
      needs: [infrastructure],
    }),
    // The CA first: a restored etcd trusts nobody without it. Then the same snapshot on every member.
    ...certificates.map((each) =>
      restore(each, { after: ["rebuild-k8s-master-0-k8s-master-1-k8s-master-2"] }),
    ),
    restore(cluster, { after: certificates.map(({ id }) => `restore-${id}`) }),
    waitFor(nodesReady(kube), { takes: "5m" }),
    restore(manifests, { note: "reports what differs; etcd has brought the objects back" }),
  ],
  rto: "90m",
  rpo: "26h",
  verification,
});

const clusterSteps = [
  rebuild(vms, {
    id: "rebuild-vms",
    by: anew(
      ...masters.map((_, n) => `masters[${n}]`),
      ...workers.map((_, n) => `workers[${n}]`),
      "mysql[0]",
      "redis[0]",
    ),
    takes: "30m",
    needs: [infrastructure],
  }),
  // kubeadm refuses a directory that etcd has filled: certificates, then etcd, then whatever joins.
  ...certificates.map((each) => restore(each, { after: ["rebuild-vms"] })),
  restore(cluster, { after: certificates.map(({ id }) => `restore-${id}`) }),
  ...kubelets.map((each) => restore(each, { after: ["restore-etcd"] })),
  waitFor(nodesReady(kube), {
    id: "nodes-ready",
    takes: "10m",
    after: kubelets.map(({ id }) => `restore-${id}`),
  }),
  // Databases first, then what uses them: they do not wait for the cluster, and it does not wait for them.
  restore(orders, { after: ["rebuild-vms"] }),
  restore(sessions, { after: ["rebuild-vms"] }),
  ...dataBack("nodes-ready"),
  run(kubectl("apply", "--server-side", "--recursive", "--filename", `${repo}/addons`), {
    id: "addons",
    takes: "10m",
    after: ["restore-manifests", "restore-vault", "restore-clickhouse", "restore-mysql", "restore-redis"],
  }),
];

const clusterLost = scenario("cluster-lost", {
  title: "Every VM is lost",
  disaster: "infrastructure",
  priority: "P1",
  symptoms: ["no VM answers", "multipass lists none"],
  impact: { level: "critical", description: "nothing works" },
  loses: vms,
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [tell("The VMs are gone, the Mac is well"), ...clusterSteps],
  rto: "4h",
  rpo: "26h",
  verification,
});

// Nothing is dropped, nothing is loaded over what lives: restored aside, looked at, then swapped.
const mysqlDamaged = scenario("mysql-damaged", {
  title: "MySQL's data is damaged",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["MySQL does not answer", "queries fail: table is marked as crashed", "rows are missing"],
  impact: { level: "high", description: "the applications cannot reach their data" },
  loses: [orders],
  detection: {
    by: "the heartbeat, or whoever misses rows",
    within: "10m",
    // Rows may be missing for two weeks before anybody looks for them: a set from before that must be left.
    hidden: "14d",
  },
  steps: [
    tell("The fault is in the data, not in the host"),
    restore(orders, { takes: "25m", note: "--at the last moment before the damage" }),
  ],
  rto: "1h",
  rpo: "1h",
  verification: [alive(orders)],
});

const mysqlDown = scenario("mysql-lost", {
  title: "The mysql VM is lost",
  disaster: "infrastructure",
  priority: "P2",
  symptoms: ["MySQL does not answer", "its VM does not come back"],
  impact: { level: "high", description: "the applications cannot reach their data" },
  loses: [db],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [
    tell("The VM does not come back"),
    rebuild(db, { by: anew("mysql[0]"), takes: "8m", needs: [infrastructure] }),
    restore(orders),
  ],
  rto: "75m",
  rpo: "1h",
  verification: [alive(orders)],
});

const redisLost = scenario("redis-lost", {
  title: "Redis has lost its data",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["Redis is empty, or does not start"],
  impact: { level: "medium", description: "sessions are gone, users log in again" },
  loses: [sessions],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [tell("The fault is in the data, not in the host"), restore(sessions)],
  rto: "45m",
  rpo: "26h",
  verification: [alive(sessions)],
});

const vaultSealed = scenario("vault-sealed", {
  title: "Vault is sealed",
  disaster: "operator-error",
  priority: "P3",
  symptoms: ["vault status says sealed", "applications get no secrets"],
  impact: { level: "high", description: "what restarts now gets no secrets" },
  // Nothing is lost: the keys are with their holders, and every replica is unsealed.
  loses: [],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [run(["/opt/lifeboat/reference/unseal-vault.sh"], { takes: "10m", needs: [unsealKeys] })],
  rto: "45m",
  rpo: "0s",
  verification: [alive(secrets)],
});

const vaultLost = scenario("vault-lost", {
  title: "Vault has lost its data",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["vault status says not initialized", "secrets are missing"],
  impact: { level: "high", description: "applications get no secrets" },
  loses: [secrets],
  detection: { by: "the heartbeat", check: heartbeat },
  steps: [tell("Unsealing does not help"), restore(secrets, { takes: "10m", needs: [unsealKeys] })],
  rto: "45m",
  rpo: "26h",
  verification: [alive(secrets)],
});

// Promised in an hour, without a scenario: ClickHouse alone takes that long to come back.
const volumesLost = scenario("volumes-lost", {
  title: "Volumes of pods are lost",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["a PersistentVolumeClaim is Lost or Pending", "a StatefulSet starts empty"],
  impact: { level: "medium", description: "what keeps its data in the cluster is empty" },
  loses: [volumes, telemetry],
  detection: { by: "the heartbeat: pods are not ready", check: heartbeat, hidden: "1d" },
  steps: [
    tell("The volumes are gone, the cluster is well"),
    restore(volumes),
    restore(telemetry, { after: [] }),
  ],
  rto: "2h",
  rpo: "26h",
  verification: [podsReady(kube), alive(telemetry)],
});

const badDeploy = scenario("bad-deployment", {
  title: "A deployment or a setting has broken the cluster's objects",
  disaster: "operator-error",
  priority: "P3",
  symptoms: ["pods crash after a change", "objects are missing"],
  impact: { level: "medium" },
  loses: [manifests],
  detection: { by: "whoever deployed, or the heartbeat", check: heartbeat, hidden: "2d" },
  steps: [tell("Rolling back does not help"), restore(manifests, { note: "single objects with --only" })],
  rto: "1h",
  rpo: "26h",
  verification: [podsReady(kube)],
});

const stateLost = scenario("state-lost", {
  title: "Terraform's state is lost or damaged",
  disaster: "operator-error",
  priority: "P3",
  symptoms: ["terraform plan wants to make what is there"],
  impact: { level: "low", description: "machines run on; none can be made anew" },
  loses: [infrastructure],
  detection: { by: "the daily check", check: daybreak },
  steps: [tell("Nobody runs terraform apply until this is done"), restore(infrastructure)],
  rto: "26h",
  rpo: "26h",
  verification: [alive(infrastructure)],
});

// In scope from the beginning, and without a word until now. What is written from here is lost; what is locked off-site is not.
const ransomware = scenario("ransomware", {
  title: "Ransomware, or an intruder with root",
  disaster: "security",
  priority: "P1",
  symptoms: ["files are encrypted", "backups disappear", "logins from elsewhere"],
  impact: { level: "critical", description: "nothing here can be trusted" },
  loses: [mac, ...vms],
  malicious: true,
  // An intruder may be inside for two weeks before anything shows: a set from before that must be left.
  detection: { by: "the heartbeat, users, the provider", within: "1h", hidden: "14d" },
  steps: [
    manual("Cut the network; keep the disks for the police", { id: "isolate", takes: "30m" }),
    manual("Every credential of the safe is replaced at its issuer", {
      id: "new-credentials",
      takes: "1h",
      needs: [safe],
    }),
    rebuild(mac, {
      takes: "3h",
      note: "wiped and installed anew, this plan's repository cloned",
      needs: [repository],
    }),
    restore(infrastructure),
    restore(access),
    ...clusterSteps.map((step, index) => (index === 0 ? { ...step, after: ["restore-kubeconfig"] } : step)),
  ],
  rto: "10h",
  rpo: "26h",
  verification,
});

const siteLost = scenario("site-lost", {
  title: "The office is lost: fire, flood, theft, no power",
  disaster: "natural",
  priority: "P1",
  symptoms: ["the Mac's heartbeat is missing at the monitoring outside", "nobody can get in"],
  impact: { level: "critical", description: "nothing works" },
  loses: [office],
  detection: { by: "the monitoring outside, which misses the heartbeat", within: "15m" },
  steps: [
    manual("Buy or borrow a Mac with 64 GiB of memory, elsewhere", { id: "new-mac", takes: "4h" }),
    manual("Fetch from the bank's safe what the hosts had: credentials and the age identity", {
      id: "open-safe",
      takes: "2h",
      after: [],
      needs: [safe],
    }),
    rebuild(mac, { takes: "1h", after: ["new-mac", "open-safe"], needs: [repository] }),
    restore(infrastructure),
    restore(access),
    ...clusterSteps.map((step, index) => (index === 0 ? { ...step, after: ["restore-kubeconfig"] } : step)),
  ],
  rto: "10h",
  rpo: "26h",
  verification,
});

export default plan("reference", {
  description: "Terraform, Kubernetes and databases on one Mac",
  timeZone,
  controller: mac,
  escrow: [repository],
  assets: everything,
  scenarios: [
    clusterLost,
    siteLost,
    ransomware,
    mastersLost,
    mysqlDown,
    mysqlDamaged,
    redisLost,
    vaultLost,
    volumesLost,
    workerDown,
    masterDown,
    vaultSealed,
    badDeploy,
    stateLost,
  ],
  covers: ["infrastructure", "data-loss", "operator-error", "security", "natural"],
  // The table of promises, each with the scenario that keeps it. Where a time grew, the proof of the scenario says by what.
  objectives: [
    { title: "a single worker fails", scenario: workerDown, rto: "3h" },
    { title: "a single master fails (HA)", scenario: masterDown, rto: "1h" },
    { title: "several masters fail", scenario: mastersLost, rto: "90m" },
    { title: "the whole cluster is lost", scenario: clusterLost, rto: "4h" },
    { title: "a database fails", scenario: mysqlDown, rto: "75m" },
    { title: "the data of PVCs is lost", scenario: volumesLost, rto: "2h" },
    { title: "Vault is sealed", scenario: vaultSealed, rto: "45m" },
    // Not in the table until now.
    { title: "the site is lost", scenario: siteLost, rto: "10h" },
    { title: "ransomware, or an intruder", scenario: ransomware, rto: "10h" },
    { title: "MySQL's data is damaged", scenario: mysqlDamaged, rto: "1h" },
    { title: "Redis has lost its data", scenario: redisLost, rto: "45m" },
    { title: "Vault has lost its data", scenario: vaultLost, rto: "45m" },
    { title: "a deployment has broken the cluster's objects", scenario: badDeploy, rto: "1h" },
    { title: "Terraform's state is lost", scenario: stateLost, rto: "26h" },
  ],
  checks: [heartbeat, daybreak, weeklyCheck, monthlyCheck],
  // How often is said here, and nowhere else.
  drills: [
    drill("whole-cluster", {
      title: "Everything, from nothing",
      every: "quarterly",
      scenario: siteLost,
      owner: kim,
    }),
    drill("databases", {
      title: "The databases",
      every: "monthly",
      assets: [orders, sessions, secrets],
      owner: lee,
    }),
    drill("sets", {
      title: "The small ones, restored and compared",
      every: "weekly",
      assets: [infrastructure, access, cluster, manifests],
      owner: lee,
      checklist: [
        "Write down what is rehearsed, and on which machines",
        "Have the throw-away machines and the sets ready",
        "Restore as the runbook says, and measure",
        "Verify infrastructure, applications, data",
        "Write down whether the times were kept, and what is to be mended",
      ],
    }),
  ],
  roles: [
    { title: "DR lead", who: kim },
    { title: "backup lead", who: lee },
  ],
  escalation: [
    { title: "engineer on duty", who: [park], within: "15m" },
    { title: "senior engineer", who: [lee], within: "30m" },
    { title: "DR lead", who: [kim], within: "1h" },
    { title: "management", who: [choi], within: "2h", informed: true },
  ],
  vendors: [
    vendor("cloud", {
      name: "Amazon Web Services",
      provides: "cloud provider",
      support: "https://console.aws.amazon.com/support",
    }),
    vendor("hardware", { name: "Apple", provides: "hardware", phone: "+82 80 333 4000" }),
    vendor("network", { name: "KT", provides: "network", phone: "+82 100" }),
  ],
  checklists: {
    before: [
      "Find the cause, and write it down",
      "Choose the scenario; know its RTO and RPO",
      "Tell those who are affected",
      "See that the sets are there",
      "Have the rights and keys at hand",
    ],
    during: [
      "Write down when the recovery began",
      "Write down each step",
      "Look at each intermediate result",
      "Escalate at once when something is stuck",
    ],
    after: [
      "See that the service works",
      "See that the data is whole",
      "Measure that it is as fast as before",
      "Look at the dashboards",
      "Write the report",
      "See that it does not happen again",
    ],
  },
  version: "2.0",
  review: { every: "quarterly", last: "2026-11-23" },
  approver: choi,
  documents: [
    { title: "Data persistence", at: "DATA_PERSISTENCE_GUIDE.md" },
    { title: "Backup strategy", at: "BACKUP_STRATEGY.md" },
    { title: "Hardening", at: "SECURITY_HARDENING_GUIDE.md" },
    { title: "Terraform's backend", at: "BACKEND_GUIDE.md" },
  ],
  tickets: ["TERRAFORM-19"],
});
