import { clickhouse, daily, directory, host, keep, kubernetes, plan, pod, secretFile } from "lifeboat";

const mac = host("mac");
const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config" });
const common = {
  on: mac,
  schedule: daily("02:40"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
};

export default plan("clickhouse", {
  assets: [
    clickhouse("signoz", {
      ...common,
      in: pod({ cluster, namespace: "signoz", pod: "signoz-clickhouse-0" }),
      databases: "all",
    }),
    clickhouse("events", {
      ...common,
      databases: ["events"],
      address: "127.0.0.1",
      port: 9001,
      user: "keeper",
      password: secretFile("/etc/lifeboat/clickhouse.password"),
      dataDirectory: "/srv/click house",
      serverProgram: "/opt/clickhouse/clickhouse-server",
    }),
  ],
});
