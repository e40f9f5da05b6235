/**
 * The disaster-recovery plan as it was written, version 1.0 of 2025-10-20: transcribed, not mended. `lifeboat check` finds in it what a reader
 * finds out on the day of the disaster; `reference.plan.ts` is the mended one. It is never built.
 */
import {
  check,
  clickhouse,
  command,
  contact,
  daily,
  directory,
  drill,
  etcd,
  fileOn,
  host,
  keep,
  kubernetes,
  kubernetesResources,
  manual,
  monthly,
  multipass,
  mysql,
  plan,
  pod,
  rebuild,
  redis,
  restore,
  run,
  s3,
  scenario,
  secretEnv,
  secretPrompt,
  staticPods,
  systemd,
  terraformState,
  vault,
  velero,
  vendor,
  weekly,
} from "lifeboat";

// --- 7. Emergency contacts: the form, never filled in -----------------------------------------------------------------

const drLead = contact("dr-lead", {
  name: "[이름]",
  email: "[이메일]",
  phone: "[전화번호]",
  role: "DR 책임자",
});
const backupLead = contact("backup-lead", {
  name: "[이름]",
  email: "[이메일]",
  phone: "[전화번호]",
  role: "백업 책임자",
});
const engineer = contact("engineer", { name: "담당 엔지니어" });
const senior = contact("senior", { name: "시니어 엔지니어" });
const management = contact("management", { name: "경영진" });
const approver = contact("approver", { name: "[이름]", role: "[직책]" });

// --- 2. What is backed up: everything at 02:00, on the disk where the data is -------------------------------------------

const mac = host("mac", { os: "macos", timeZone: "Asia/Seoul", sleeps: true });
const vm = (id: string) => host(id, { timeZone: "Asia/Seoul", runsOn: mac, reach: multipass(id) });
const masters = [vm("k8s-master-0"), vm("k8s-master-1"), vm("k8s-master-2")] as const;
const workers = [vm("k8s-worker-0"), vm("k8s-worker-1"), vm("k8s-worker-2")] as const;
const db = vm("mysql");
const cache = vm("redis");

const kube = kubernetes({
  kubeconfig: "/Users/ops/.kube/config",
  controlPlane: masters,
  nodes: workers,
});

const vmBackup = directory("vm-backup", { path: "/backup" });
const backups = directory("backups", { on: mac, path: "/Users/ops/terraform-k8s-mac/backups" });
// `aws s3 sync`, "recommended": no schedule, no lock.
const bucket = s3("bucket", {
  bucket: "my-backup-bucket",
  prefix: "terraform-k8s-mac",
  region: "ap-northeast-2",
  credentials: "/Users/ops/.aws/credentials",
});

const state = terraformState("terraform", {
  on: mac,
  directory: "/Users/ops/terraform-k8s-mac",
  schedule: daily("02:00"),
  rpo: "1d",
  copies: [backups],
  keep: keep({ daily: 7 }),
});

const snapshots = etcd("etcd", {
  members: masters.map((on) => ({ on, peerUrl: `https://${on.id}:2380` })),
  tls: {
    ca: "/etc/kubernetes/pki/etcd/ca.crt",
    cert: "/etc/kubernetes/pki/etcd/server.crt",
    key: "/etc/kubernetes/pki/etcd/server.key",
  },
  service: staticPods({ files: ["etcd.yaml"] }),
  schedule: daily("02:00"),
  rpo: "1d",
  rto: "30m",
  priority: "P1",
  copies: [vmBackup],
  keep: keep({ daily: 7 }),
});

const manifests = kubernetesResources("manifests", {
  on: mac,
  cluster: kube,
  schedule: daily("02:00"),
  rpo: "1d",
  copies: [backups],
});

const addons = velero("velero", {
  on: mac,
  cluster: kube,
  image: "velero/velero:v1.16.2",
  // `velero install --provider aws`, without --plugins.
  plugins: [],
  provider: "aws",
  bucket: "my-velero-backups",
  config: [{ name: "region", value: "ap-northeast-2" }],
  credentials: secretEnv("VELERO_CREDENTIALS"),
  // --snapshot-volumes, without a location for snapshots.
  volumes: "snapshots",
  ttl: "168h",
  schedule: daily("02:00"),
  copies: [backups],
  keep: keep({ daily: 7 }),
});

const dumps = mysql("mysql", {
  on: db,
  databases: "all",
  credentials: { user: "root", password: secretEnv("MYSQL_ROOT_PASSWORD") },
  service: systemd("mysql"),
  schedule: daily("02:00"),
  rpo: "1d",
  rto: "30m",
  priority: "P2",
  copies: [vmBackup],
  keep: keep({ daily: 7 }),
});

const rdb = redis("redis", {
  on: cache,
  password: secretEnv("REDIS_PASSWORD"),
  service: systemd("redis"),
  // redis.conf, and what the table of RPOs says of it.
  savePoints: [
    { after: "900s", changes: 1 },
    { after: "300s", changes: 10 },
    { after: "60s", changes: 10_000 },
  ],
  snapshotEvery: "1h",
  schedule: daily("02:00"),
  rpo: "1d",
  copies: [vmBackup],
});

const traces = clickhouse("clickhouse", {
  on: mac,
  in: pod({ cluster: kube, namespace: "signoz", pod: "signoz-clickhouse-0" }),
  databases: "all",
  schedule: daily("02:00"),
  rpo: "1d",
  copies: [backups],
});

const secrets = vault("vault", {
  on: mac,
  in: ["vault-0", "vault-1", "vault-2"].map((name) => pod({ cluster: kube, namespace: "vault", pod: name })),
  token: secretEnv("VAULT_TOKEN"),
  schedule: daily("02:00"),
  rpo: "1d",
  // `SigNoz`, `ArgoCD` and the applications come back before the databases that they need.
  needs: [dumps],
  copies: [backups],
});

// --- 3. Scenarios --------------------------------------------------------------------------------------------------------

const workerDown = scenario("worker-down", {
  title: "시나리오 1: 단일 Worker 노드 장애",
  disaster: "infrastructure",
  priority: "P3",
  symptoms: ["Worker 노드 1개가 응답 없음", "kubectl get nodes에서 NotReady 상태"],
  impact: { level: "low", description: "워크로드 자동 재분배" },
  loses: [workers[0]],
  detection: { by: "kubectl get nodes" },
  steps: [
    run(["multipass", "restart", "k8s-worker-0"]),
    run(["kubectl", "drain", "k8s-worker-0", "--ignore-daemonsets", "--delete-emptydir-data"]),
    run(["kubectl", "delete", "node", "k8s-worker-0"]),
    rebuild(workers[0], {
      by: ["terraform", "apply", "-target=module.k8s_cluster.null_resource.workers[0]"],
      needs: [state],
    }),
    manual("join-all.sh에서 해당 노드만 실행"),
  ],
  rto: "15m",
  rpo: "0s",
});

const masterDown = scenario("master-down", {
  title: "시나리오 2: Master 노드 장애 (HA 구성 시)",
  disaster: "infrastructure",
  priority: "P3",
  symptoms: ["Master 노드 1개 다운 (3개 중 1개)"],
  impact: { level: "low", description: "HA로 서비스 지속" },
  loses: [masters[0]],
  detection: { by: "kubectl get nodes" },
  steps: [
    run(["multipass", "restart", "k8s-master-0"]),
    manual("etcd 멤버 상태 확인 (k8s-master-0에서)"),
    manual("etcdctl member remove, kubeadm join"),
  ],
  rto: "10m",
  rpo: "0s",
});

const clusterLost = scenario("cluster-lost", {
  title: "시나리오 3: 전체 클러스터 손실",
  disaster: "infrastructure",
  priority: "P1",
  symptoms: ["모든 VM 손실", "물리적 장애 또는 완전 삭제"],
  impact: { level: "critical", description: "전체 서비스 중단" },
  loses: [mac],
  detection: { by: "모든 VM 손실" },
  steps: [
    restore(state),
    rebuild([...masters, ...workers, db, cache], { by: ["terraform", "apply"], id: "apply", needs: [state] }),
    restore(snapshots),
    manual("cluster-init.sh 및 join-all.sh 실행", { id: "join" }),
    // Add-ons, Vault among them, before the databases they need; Vault's own data: nowhere.
    run(["kubectl", "apply", "-f", "addons/"], { id: "addons", needs: [dumps, rdb] }),
    restore(dumps),
    restore(rdb),
    restore(traces),
  ],
  rto: "4h",
  rpo: "1d",
  verification: [command(["kubectl", "get", "pods", "--all-namespaces"])],
});

const mysqlDamaged = scenario("mysql-damaged", {
  title: "시나리오 4: MySQL 데이터 손상",
  disaster: "data-loss",
  priority: "P2",
  symptoms: ["MySQL 서비스 응답 없음 또는 데이터 손상"],
  impact: { level: "high", description: "애플리케이션 데이터 접근 불가" },
  loses: [dumps],
  detection: { by: "애플리케이션" },
  steps: [
    run(["mysqldump", "--all-databases", "--result-file=/tmp/current-backup.sql"], {
      on: db,
      id: "insurance",
    }),
    run(["mysql", "-e", "DROP DATABASE mydb;"], { on: db, id: "drop" }),
    run(["mysql", "-e", "source /tmp/mysql-dump-YYYYMMDD.sql"], {
      on: db,
      id: "load",
      reads: [fileOn(db, "/tmp/mysql-dump-YYYYMMDD.sql")],
    }),
  ],
  rto: "30m",
  rpo: "1d",
  verification: [command(["mysql", "-e", "SHOW DATABASES;"], { on: db })],
});

const vaultSealed = scenario("vault-sealed", {
  title: "시나리오 5: Vault Seal/Unseal 이슈",
  disaster: "operator-error",
  priority: "P3",
  symptoms: ["Vault가 Sealed 상태", "시크릿 접근 불가"],
  impact: { level: "high", description: "애플리케이션 시크릿 접근 불가" },
  loses: [secrets],
  detection: { by: "vault status" },
  // Who holds the keys is not said.
  steps: [
    run(["vault", "operator", "unseal"], {
      needs: [secretPrompt("unseal-key-1, unseal-key-2, unseal-key-3")],
    }),
    restore(secrets),
  ],
  rto: "15m",
  rpo: "1d",
});

export default plan("as-written", {
  description: "Kubernetes 클러스터 및 관련 인프라의 재해 복구 계획",
  timeZone: "Asia/Seoul",
  controller: mac,
  assets: [state, snapshots, manifests, addons, dumps, rdb, traces, secrets],
  stores: [bucket],
  covers: ["infrastructure", "data-loss", "operator-error", "security", "natural"],
  scenarios: [workerDown, masterDown, clusterLost, mysqlDamaged, vaultSealed],
  // 5. The table of RTOs: two promises without a scenario, one scenario without a promise.
  objectives: [
    { title: "단일 Worker 노드 장애", scenario: workerDown, rto: "15m" },
    { title: "단일 Master 노드 장애 (HA)", scenario: masterDown, rto: "10m" },
    { title: "다수 Master 노드 장애", rto: "30m" },
    { title: "전체 클러스터 손실", scenario: clusterLost, rto: "4h" },
    { title: "데이터베이스 장애", scenario: mysqlDamaged, rto: "30m" },
    { title: "PVC 데이터 손실", rto: "1h" },
  ],
  // 6. Regular inspections, which list and never judge.
  checks: [
    check("daily", {
      title: "일일 점검",
      schedule: daily("09:00"),
      probes: [
        command(["ls", "-lh", "/Users/ops/terraform-k8s-mac/backups"]),
        command(["kubectl", "get", "nodes"]),
        command(["kubectl", "get", "pods", "-n", "signoz"]),
        command(["df", "-h"], { on: masters[0] }),
        command(["kubectl", "top", "nodes"]),
      ],
    }),
    check("weekly", {
      title: "주간 점검",
      schedule: weekly("sunday", "10:00"),
      probes: [
        command(["terraform", "state", "pull"]),
        command(["head", "-100", "/Users/ops/terraform-k8s-mac/backups/mysql/mysql-dump.sql"]),
      ],
    }),
    check("monthly", {
      title: "월간 점검",
      schedule: monthly(1, "10:00"),
      probes: [command(["find", "/Users/ops/terraform-k8s-mac/backups", "-type", "f", "-mtime", "+30"])],
      manual: ["복구 테스트 (비프로덕션 환경)", "RTO/RPO 목표 달성 여부 검토"],
    }),
  ],
  drills: [
    drill("cluster", { title: "전체 클러스터 복구 테스트", every: "quarterly", scenario: clusterLost }),
    drill("databases", { title: "데이터베이스 복구 테스트", every: "monthly", assets: [dumps, rdb] }),
  ],
  roles: [
    { title: "DR 책임자", who: drLead },
    { title: "백업 책임자", who: backupLead },
  ],
  escalation: [
    { title: "Level 1: 담당 엔지니어", who: [engineer], within: "15m" },
    { title: "Level 2: 시니어 엔지니어", who: [senior], within: "30m" },
    { title: "Level 3: DR 책임자", who: [drLead], within: "1h" },
    { title: "Level 4: 경영진", who: [management], within: "2h", informed: true },
  ],
  vendors: [
    vendor("cloud", { name: "클라우드 Provider", provides: "클라우드", phone: "[연락처]" }),
    vendor("hardware", { name: "하드웨어 벤더", provides: "하드웨어", phone: "[연락처]" }),
    vendor("network", { name: "네트워크 Provider", provides: "네트워크", phone: "[연락처]" }),
  ],
  version: "1.0",
  review: { every: "quarterly", last: "2025-10-20" },
  approver,
  documents: [
    { title: "데이터 영속성 가이드", at: "DATA_PERSISTENCE_GUIDE.md" },
    { title: "백업 전략 상세 가이드", at: "BACKUP_STRATEGY.md" },
    { title: "보안 강화 가이드", at: "SECURITY_HARDENING_GUIDE.md" },
    { title: "Terraform State 백업 가이드", at: "BACKEND_GUIDE.md" },
  ],
  tickets: ["TERRAFORM-19"],
});
