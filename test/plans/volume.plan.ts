import { age, daily, directory, every, host, keep, kubernetes, plan, pod, volume } from "lifeboat";

const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "ops@home" });
const mac = host("mac", { os: "macos" });
const disk = directory("disk", { path: "/Users/ops/backups" });
const common = { on: mac, copies: [disk], keep: keep({ daily: 7 }) } as const;

export default plan("volume", {
  assets: [
    volume("uploads", {
      ...common,
      in: pod({ cluster, namespace: "shop", pod: "web-0", container: "web" }),
      path: "/data",
      exclude: ["./cache", "*.tmp"],
      quiesce: { before: ["fsfreeze", "-f", "/data"], after: ["fsfreeze", "-u", "/data"] },
      workload: { kind: "statefulset", name: "web", claim: "data-web-0", image: "busybox:1.36" },
      schedule: daily("02:00"),
      encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
    }),
    volume("bare", {
      ...common,
      in: pod({
        cluster: kubernetes({ kubeconfig: "/root/.kube/config" }),
        namespace: "shop",
        pod: "files-0",
      }),
      path: "/srv",
      schedule: every("6h"),
    }),
  ],
});
