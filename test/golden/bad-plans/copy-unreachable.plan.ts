import { daily, directory, files, host, keep, multipass, plan } from "lifeboat";

const mac = host("mac");
const other = host("other");
const vm = host("vm", { runsOn: mac, reach: multipass("vm") });
const disk = directory("disk", { path: "/backup" });
const common = { paths: ["/etc"], schedule: daily("02:00"), keep: keep({ daily: 7 }) } as const;

export default plan("bad", {
  assets: [
    files("one", { ...common, on: mac, copies: [disk, directory("far", { on: other, path: "/backup" })] }),
    files("two", { ...common, on: vm, copies: [disk, directory("wrong", { on: other, path: "/backups" })] }),
  ],
});
