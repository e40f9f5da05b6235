/** Every way in which a set comes to another store, over every transport. */
import {
  copy,
  daily,
  directory,
  every,
  files,
  host,
  keep,
  kubernetes,
  local,
  monthly,
  multipass,
  plan,
  pod,
  ssh,
  weekly,
} from "lifeboat";

const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "ops@home" });
const mac = host("mac", { os: "macos", timeZone: "Asia/Seoul" });
const nas = host("nas", {
  reach: ssh({
    address: "nas.example.com",
    user: "backup",
    port: 2222,
    identity: "/etc/lifeboat/key",
    knownHosts: "/etc/lifeboat/known hosts",
    sudo: true,
  }),
});

const vmDisk = directory("vm", { path: "/backup" });
const macDisk = directory("mac", { on: mac, path: "/Users/ops/backups" });
const usb = directory("usb", { on: mac, path: "/Volumes/backups" });
const nasDisk = directory("nas", { on: nas, path: "/srv/backups" });
const retention = keep({ daily: 7 });

const common = { paths: ["/etc"], keep: retention, verify: weekly("sunday", "04:00"), rpo: "2d" } as const;

export default plan("copies", {
  assets: [
    files("over-ssh", {
      ...common,
      on: host("bare", { reach: ssh({ address: "192.168.64.7" }) }),
      schedule: daily("23:50"),
      copies: [vmDisk, macDisk, usb, nasDisk],
    }),
    files("over-multipass", {
      ...common,
      on: host("vm", { runsOn: mac, reach: multipass("mysql") }),
      schedule: every("6h"),
      copies: [vmDisk, copy(macDisk, { keep: keep({ daily: 30 }) })],
    }),
    files("over-kubectl", {
      ...common,
      on: host("pod", {
        reach: pod({ cluster, namespace: "vault", pod: "vault-0", container: "vault" }),
      }),
      rpo: "8d",
      schedule: weekly("saturday", "23:50"),
      copies: [vmDisk, macDisk],
    }),
    files("over-nothing", {
      ...common,
      on: host("same", { reach: local() }),
      rpo: "32d",
      schedule: monthly(1, "02:00"),
      copies: [vmDisk, copy(macDisk, { schedule: monthly(1, "05:00") })],
    }),
    files("sent", { ...common, on: mac, schedule: daily("02:00"), copies: [macDisk, nasDisk] }),
  ],
});
