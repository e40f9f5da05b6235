import { age, daily, directory, host, keep, kubeadmPki, plan, staticPods } from "lifeboat";

const common = {
  schedule: daily("02:30"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
  encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
} as const;

export default plan("kubeadm-pki", {
  assets: [
    kubeadmPki("pki", {
      ...common,
      on: host("master"),
      service: staticPods({ files: ["kube-apiserver.yaml", "etcd.yaml"] }),
    }),
    kubeadmPki("outer", {
      ...common,
      on: host("outer"),
      directory: "/srv/pki",
      configs: [],
      externalCa: true,
    }),
  ],
});
