/**
 * The disaster-recovery plan of a Terraform, Multipass and kubeadm cluster on one Mac. It grows as Lifeboat learns more kinds; so
 * far it protects the MySQL and Redis servers, etcd on the three masters, and the keys without which a restored etcd is of no use.
 */
import {
  age,
  daily,
  directory,
  etcd,
  files,
  host,
  keep,
  mysql,
  plan,
  redis,
  secretFile,
  staticPods,
  systemd,
  weekly,
} from "lifeboat";

const timeZone = "Asia/Seoul";

const masters = ["k8s-master-0", "k8s-master-1", "k8s-master-2"].map((id) => host(id, { timeZone }));
const db = host("mysql", { timeZone });
const cache = host("redis", { timeZone });

// The disk of whichever VM the asset lives on. The controller and off-site stores follow with their transports.
const vmDisk = directory("vm", { path: "/backup" });

// Its identity lies with the operators, not on any of these hosts: a stolen VM does not open its own backups.
const encrypt = age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");

// A week of days as the plan has it, and four weeks more: damage is not always noticed within seven days.
const retention = keep({ daily: 7, weekly: 4 });

const orders = mysql("mysql", {
  description: "every database of the mysql VM, accounts included",
  on: db,
  databases: "all",
  credentials: secretFile("/etc/lifeboat/mysql.cnf"),
  service: systemd("mysql"),
  schedule: daily("02:00"),
  verify: weekly("sunday", "04:00"),
  rpo: "25h",
  rto: "30m",
  priority: "P2",
  copies: [vmDisk],
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
  copies: [vmDisk],
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
  copies: [vmDisk],
  keep: retention,
  encrypt,
  expect: { size: "200MiB", backup: "1m", restore: "3m" },
});

const certificates = masters.map((on) =>
  files(`pki-${on.id}`, {
    description: "certificates and keys of the control plane; etcd cannot be used without its CA",
    on,
    paths: ["/etc/kubernetes/pki", "/etc/kubernetes/admin.conf"],
    schedule: daily("02:30"),
    rpo: "25h",
    rto: "10m",
    priority: "P1",
    copies: [vmDisk],
    keep: retention,
    encrypt,
  }),
);

export default plan("reference", {
  description: "Terraform, Kubernetes and databases on one Mac",
  timeZone,
  assets: [orders, sessions, cluster, ...certificates],
});
