import { commands, daily, directory, host, keep, plan, redis, secretFile, systemd } from "lifeboat";

const cache = host("cache");
const common = {
  on: cache,
  schedule: daily("02:00"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
};

export default plan("redis", {
  assets: [
    redis("plain", { ...common, service: systemd("redis-server") }),
    redis("other", {
      ...common,
      address: "10.0.0.5",
      port: 6380,
      user: "it's",
      password: secretFile("/etc/lifeboat/redis.password"),
      tls: { ca: "/etc/redis/ca.pem", cert: "/etc/redis/client.pem", key: "/etc/redis/client.key" },
      dataDirectory: "/srv/redis it's",
      modules: ["/usr/lib/redis/modules/redisearch.so"],
      serverUser: "999:999",
      service: commands({ start: ["docker", "start", "redis"], stop: ["docker", "stop", "redis"] }),
    }),
  ],
});
