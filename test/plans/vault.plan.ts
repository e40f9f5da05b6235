import { daily, directory, host, keep, kubernetes, plan, pod, secretFile, vault } from "lifeboat";

const mac = host("mac");
const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "it's" });
const common = {
  on: mac,
  token: secretFile("/etc/lifeboat/vault.token"),
  schedule: daily("02:20"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
};

export default plan("vault", {
  assets: [
    vault("pods", {
      ...common,
      in: [0, 1, 2].map((number) => pod({ cluster, namespace: "vault", pod: `vault-${number}` })),
      differentCluster: "force",
    }),
    vault("machines", {
      ...common,
      addresses: ["https://10.0.0.1:8200", "https://10.0.0.2:8200"],
      ca: "/etc/vault it's/ca.pem",
      serverName: "vault.example.com",
      unsealKeys: [1, 2, 3].map((number) => secretFile(`/mnt/escrow/key-${number}`)),
      temporaryDirectory: "/var/tmp",
    }),
  ],
});
