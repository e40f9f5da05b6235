import { daily, directory, host, keep, plan, redis, systemd } from "lifeboat";

const cache = host("cache");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", {
  assets: [
    redis("sessions", {
      on: cache,
      service: systemd("redis-server"),
      savePoints: [
        { after: "5m", changes: 10 },
        { after: "60s", changes: 10000 },
      ],
      snapshotEvery: "1h",
      schedule: daily("02:00"),
      copies: [disk],
      keep: keep({ daily: 7 }),
    }),
  ],
});
