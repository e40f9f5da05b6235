import { daily, directory, host, keep, kubernetes, plan, velero } from "lifeboat";

const mac = host("mac");
const common = {
  on: mac,
  cluster: kubernetes({ kubeconfig: "/root/.kube/config" }),
  provider: "aws",
  bucket: "my-velero-backups",
  schedule: daily("02:00"),
  copies: [directory("disk", { path: "/backup" })],
};

export default plan("velero", {
  assets: [
    velero("no-plugin", { ...common, image: "velero/velero:v1.16.2", plugins: [], keep: keep({ daily: 7 }) }),
    velero("moving-images", {
      ...common,
      image: "velero/velero:latest",
      plugins: ["velero/velero-plugin-for-aws"],
      keep: keep({ daily: 7 }),
    }),
    velero("forgotten-too-early", {
      ...common,
      image: "velero/velero:v1.16.2",
      plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
      ttl: "168h",
      keep: keep({ daily: 7, weekly: 4 }),
    }),
    velero("kept-for-ever", {
      ...common,
      image: "velero/velero:v1.16.2",
      plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
    }),
    velero("no-snapshotter", {
      ...common,
      image: "velero/velero:v1.16.2",
      plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
      volumes: "snapshots",
      namespaces: ["*", "shop"],
      excludeNamespaces: ["shop"],
      keep: keep({ daily: 7 }),
    }),
  ],
});
