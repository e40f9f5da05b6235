/**
 * The disaster-recovery plan of a Terraform, Multipass and kubeadm cluster on one Mac. It grows as Lifeboat learns more kinds.
 *
 * Every set is made on the VM that has the data, fetched by the Mac, and sent off-site by the Mac: a VM holds no key to the copies,
 * and what is off-site is locked for a month, whoever asks.
 */
import {
  age,
  clickhouse,
  copy,
  daily,
  directory,
  etcd,
  files,
  host,
  keep,
  kubeadmPki,
  kubeconfig,
  kubernetes,
  kubernetesResources,
  multipass,
  mysql,
  plan,
  pod,
  redis,
  s3,
  secretFile,
  staticPods,
  systemd,
  terraformState,
  vault,
  velero,
  weekly,
} from "lifeboat";

const timeZone = "Asia/Seoul";

const mac = host("mac", {
  os: "macos",
  timeZone,
  paths: { scripts: "/opt/lifeboat/reference" },
});
const vm = (id: string) => host(id, { timeZone, runsOn: mac, reach: multipass(id) });
const masters = ["k8s-master-0", "k8s-master-1", "k8s-master-2"].map(vm);
const workers = ["k8s-worker-0", "k8s-worker-1", "k8s-worker-2"].map(vm);
const db = vm("mysql");
const cache = vm("redis");

const vmDisk = directory("vm", { path: "/backup" });
const macDisk = directory("mac", { on: mac, path: "/Users/ops/backups" });
const offsite = s3("offsite", {
  bucket: "my-backup-bucket",
  prefix: "terraform-k8s-mac",
  region: "ap-northeast-2",
  credentials: "/Users/ops/.aws/lifeboat",
  lock: "30d",
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
const encrypt = age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");

// A week of days as the plan has it, and four weeks more: damage is not always noticed within seven days.
const retention = keep({ daily: 7, weekly: 4 });

const orders = mysql("mysql", {
  description: "every database of the mysql VM, accounts included",
  on: db,
  databases: "all",
  pointInTime: { every: "5m" },
  credentials: secretFile("/etc/lifeboat/mysql.cnf"),
  service: systemd("mysql"),
  schedule: daily("02:00"),
  verify: weekly("sunday", "04:00"),
  rpo: "15m",
  rto: "30m",
  priority: "P2",
  copies,
  keep: retention,
  encrypt,
  expect: { size: "20GiB", backup: "6m", restore: "18m" },
});

const sessions = redis("redis", {
  description: "every key of the redis VM",
  on: cache,
  password: secretFile("/etc/lifeboat/redis.password"),
  service: systemd("redis-server"),
  schedule: daily("02:10"),
  verify: weekly("sunday", "04:10"),
  rpo: "25h",
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
  rpo: "25h",
  rto: "30m",
  priority: "P1",
  copies,
  keep: retention,
  encrypt,
  expect: { size: "200MiB", backup: "1m", restore: "3m" },
});

const certificates = masters.map((on) =>
  kubeadmPki(`pki-${on.id}`, {
    description: "certificates and keys of the control plane; etcd cannot be used without its CA",
    on,
    service: staticPods({
      files: ["kube-scheduler.yaml", "kube-controller-manager.yaml", "kube-apiserver.yaml", "etcd.yaml"],
    }),
    schedule: daily("02:30"),
    rpo: "25h",
    rto: "10m",
    priority: "P1",
    copies,
    keep: retention,
    encrypt,
    expect: { size: "1MiB", backup: "1m", restore: "1m" },
  }),
);

// --- What the controller backs up itself ------------------------------------------------------------------------------

const fromMacDaily = { copies: fromMac, keep: keep({ daily: 14, weekly: 8 }), encrypt, rpo: "25h" } as const;

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
  credentials: secretFile("/etc/lifeboat/velero.credentials"),
  ...fromMacDaily,
  schedule: daily("03:30"),
  verify: weekly("sunday", "05:30"),
  rto: "1h",
  priority: "P2",
  expect: { size: "1MiB", backup: "1h", restore: "1h" },
});

const secrets = vault("vault", {
  description: "the secrets of the applications; the unseal keys are with their holders, and are asked for",
  on: mac,
  in: ["vault-0", "vault-1", "vault-2"].map((name) =>
    pod({ cluster: kube, namespace: "vault", pod: name, container: "vault" }),
  ),
  token: secretFile("/etc/lifeboat/vault.token"),
  schedule: daily("02:50"),
  verify: weekly("sunday", "04:50"),
  rpo: "25h",
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
  password: secretFile("/etc/lifeboat/clickhouse.password"),
  ...fromMacDaily,
  schedule: daily("04:10"),
  verify: weekly("sunday", "06:10"),
  rto: "1h",
  priority: "P3",
  expect: { size: "30GiB", backup: "20m", restore: "40m" },
});

// A worker is made anew by Terraform and joins again; this is how it was set up.
const kubelets = workers.map((on) =>
  files(`kubelet-${on.id}`, {
    description: "how the worker's kubelet is set up",
    on,
    paths: ["/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf"],
    schedule: daily("02:40"),
    rpo: "25h",
    rto: "10m",
    priority: "P4",
    copies,
    keep: retention,
    encrypt,
  }),
);

export default plan("reference", {
  description: "Terraform, Kubernetes and databases on one Mac",
  timeZone,
  assets: [
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
  ],
});
