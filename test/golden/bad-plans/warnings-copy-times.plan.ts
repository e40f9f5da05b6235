import { copy, cron, daily, directory, files, host, keep, monthly, plan, ssh } from "lifeboat";

const mac = host("mac");
const vm = host("vm", { reach: ssh({ address: "192.168.64.7" }) });
const disk = directory("disk", { path: "/backup" });
const macDisk = directory("mac", { on: mac, path: "/backups" });
const common = { on: vm, paths: ["/etc"], keep: keep({ daily: 7 }) } as const;

export default plan("bad", {
  assets: [
    files("over-midnight", { ...common, schedule: monthly(28, "23:50"), copies: [disk, macDisk] }),
    files("uneven", { ...common, schedule: cron("10,50 2 * * *"), copies: [disk, macDisk] }),
    files("early", {
      ...common,
      schedule: daily("02:00"),
      expect: { backup: "40m" },
      copies: [disk, copy(macDisk, { schedule: daily("02:30") })],
    }),
    files("at-once", {
      ...common,
      schedule: daily("02:00"),
      copies: [disk, copy(macDisk, { schedule: daily("02:00") })],
    }),
  ],
});
