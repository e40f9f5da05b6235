import { age, daily, directory, etcd, host, keep, plan, systemd } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });
const db = etcd("etcd", {
  members: [{ on: web, peerUrl: "https://web:2380" }],
  tls: { ca: "/etc/etcd/ca.crt", cert: "/etc/etcd/server.crt", key: "/etc/etcd/server.key" },
  service: systemd("etcd"),
  encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
});
export default plan("shop", {
  assets: [db],
});
