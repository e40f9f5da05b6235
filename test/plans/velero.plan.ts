import { copy, daily, directory, host, keep, kubernetes, plan, secretFile, velero } from "lifeboat";

const mac = host("mac", { os: "macos" });
const disk = directory("disk", { path: "/Users/ops/backups" });
const archive = directory("archive", { path: "/Volumes/archive" });
const common = {
  on: mac,
  image: "velero/velero:v1.16.2",
  plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
  provider: "aws",
  bucket: "my-velero-backups",
  schedule: daily("02:00"),
};

export default plan("velero", {
  assets: [
    velero("everything", {
      ...common,
      cluster: kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "it's" }),
      config: [{ name: "region", value: "ap-northeast-2" }],
      credentials: secretFile("/etc/lifeboat/velero.credentials"),
      copies: [disk, copy(archive, { keep: keep({ monthly: 12 }) })],
      keep: keep({ daily: 7 }),
    }),
    velero("shop", {
      ...common,
      cluster: kubernetes({ kubeconfig: "/root/.kube/config" }),
      namespace: "backup",
      location: "second",
      prefix: "it's/shop",
      namespaces: ["shop", "shop-jobs"],
      excludeNamespaces: ["scratch"],
      volumes: "snapshots",
      snapshotConfig: [{ name: "region", value: "ap-northeast-2" }],
      ttl: "60d",
      clusterSchedule: "0 2 * * *",
      partial: "accept",
      existingResourcePolicy: "update",
      drillScope: "workloads",
      kubeletDirectory: "/var/snap/microk8s/common/var/lib/kubelet",
      waits: { backup: "1h", restore: "2h", location: "10m" },
      copies: [disk],
      keep: keep({ daily: 30 }),
    }),
  ],
});
