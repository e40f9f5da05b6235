import { age, daily, directory, etcd, host, keep, plan, staticPods } from "lifeboat";

const masters = ["m0", "m1", "m2"].map((id) => host(id));

export default plan("etcd", {
  assets: [
    etcd("etcd", {
      members: masters.map((on, index) => ({ on, peerUrl: `https://10.0.0.1${index}:2380` })),
      tls: { ca: "/etc/kubernetes/pki/etcd/ca.crt", cert: "/etc/etcd.crt", key: "/etc/etcd.key" },
      service: staticPods({ files: ["kube-apiserver.yaml", "etcd.yaml"] }),
      schedule: daily("02:00"),
      copies: [directory("disk", { path: "/backup" })],
      keep: keep({ daily: 7 }),
      encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
    }),
  ],
});
