import { daily, directory, etcd, files, host, keep, opensslKey, plan, systemd } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [etcd("etcd", {
  members: [
    { on: web, peerUrl: "https://10.0.0.1:2380" },
    { on: web, peerUrl: "https://10.0.0.2:2380" },
  ],
  service: systemd("etcd"),
  schedule: daily("02:00"),
  copies: [disk],
  keep: keep({ daily: 7 }),
  encrypt: opensslKey("/etc/lifeboat/key"),
})] });
