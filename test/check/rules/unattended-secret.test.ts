import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("unattended-secret", () => {
  const told = async ({ cache = 'schedule: daily("02:00"),', plan = "" } = {}) => {
    const source = `const safe = escrow("safe");
const cache = redis("cache", {
  on: host("web"), service: systemd("redis-server"), copies: [directory("disk", { path: "/backup" })], keep: keep({ daily: 7 }), ${cache}
});
export default plan("shop", { assets: [cache], escrow: [safe], ${plan} });
`;
    return (await toldBy("unattended-secret", source)).map(({ message, at }) => [message, at]);
  };
  const scheduled = (options: string) => told({ cache: `schedule: daily("02:00"), ${options}` });
  const message = (source: string) => `asset 'cache' is scheduled, and needs a secret that ${source}`;
  const typed = message("a person types");
  const set = message("is in the environment");

  it("finds what somebody would have to type, and what cron does not set", async () => {
    expect(await scheduled('password: secretPrompt("its password")')).toEqual([[typed, "secretPrompt"]]);
    expect(await scheduled('password: secretEnv("REDIS_PASSWORD")')).toEqual([[set, "secretEnv"]]);
  });

  it("finds it whether or not it is kept elsewhere, too", async () => {
    expect(await scheduled('password: secretPrompt("its password", { escrow: [safe] })')).toEqual([
      [typed, "secretPrompt"],
    ]);
    expect(await scheduled('password: secretEnv("REDIS_PASSWORD", { escrow: [safe] })')).toEqual([
      [set, "secretEnv"],
    ]);
  });

  it("takes a file and a program", async () => {
    expect(await scheduled('password: secretFile("/etc/redis.password", { escrow: [safe] })')).toEqual([]);
    expect(await scheduled('password: secretCommand("/usr/local/bin/password")')).toEqual([]);
    expect(await scheduled("")).toEqual([]);
  });

  it("takes any of them where nothing is scheduled", async () => {
    expect(await told({ cache: 'password: secretPrompt("its password")' })).toEqual([]);
  });

  it("looks at who is told, of the asset or of all, and points at the first that it finds", async () => {
    const hooks = 'notify: [mail("ops@shop.example"), webhook(secretEnv("HOOK"))]';
    expect(await scheduled(hooks)).toEqual([[set, "secretEnv"]]);
    expect(await told({ plan: hooks })).toEqual([[set, "redis"]]);
    expect(await scheduled(`password: secretPrompt("its password"), ${hooks}`)).toEqual([
      [typed, "secretPrompt"],
    ]);
    expect(await told({ plan: 'notify: [webhook(secretFile("/etc/hook"))]' })).toEqual([]);
  });

  it("looks at the stores to which copies are made by a clock", async () => {
    const azure = (secret: string, copy = "offsite") => `const disk = directory("disk", { path: "/backup" });
const offsite = azureBlob("offsite", { account: "shop", container: "backups", sas: ${secret} });
const one = files("one", { on: host("web"), paths: ["/srv"], schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [disk, ${copy}] });
export default plan("shop", { assets: [one], stores: [offsite] });
`;
    const of = async (source: string) =>
      (await toldBy("unattended-secret", source)).map(({ message, at }) => [message, at]);
    expect(await of(azure('secretPrompt("the SAS")'))).toEqual([
      ["asset 'one' is scheduled, and needs a secret that a person types", "secretPrompt"],
    ]);
    expect(await of(azure('secretFile("/etc/sas")'))).toEqual([]);
    expect(await of(azure('secretPrompt("the SAS")', ""))).toEqual([]);
    const unscheduled = azure('secretPrompt("the SAS")').replace('daily("02:00")', 'monthly(1, "23:55")');
    expect(await of(unscheduled)).toEqual([]);
  });
});
