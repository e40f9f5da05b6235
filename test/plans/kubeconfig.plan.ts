import { age, daily, directory, host, keep, kubeconfig, plan } from "lifeboat";

export default plan("kubeconfig", {
  assets: [
    kubeconfig("admin", {
      on: host("mac", { os: "macos" }),
      paths: ["/Users/ops/.kube/config"],
      files: ["/Users/ops/.kube/ca.crt"],
      schedule: daily("02:30"),
      copies: [directory("disk", { path: "/backup" })],
      keep: keep({ daily: 7 }),
      encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
    }),
  ],
});
