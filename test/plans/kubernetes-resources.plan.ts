import { age, daily, directory, every, host, keep, kubernetes, kubernetesResources, plan } from "lifeboat";

const mac = host("mac", { os: "macos" });
const common = {
  on: mac,
  copies: [directory("disk", { path: "/Users/ops/backups" })],
  keep: keep({ daily: 7 }),
} as const;

export default plan("kubernetes-resources", {
  assets: [
    kubernetesResources("everything", {
      ...common,
      cluster: kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "it's" }),
      schedule: daily("02:00"),
      encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
    }),
    kubernetesResources("shop", {
      ...common,
      cluster: kubernetes({ kubeconfig: "/root/.kube/config" }),
      namespaces: ["shop", "shop-jobs"],
      exclude: ["certificaterequests.cert-manager.io"],
      secrets: false,
      schedule: every("6h"),
    }),
  ],
});
