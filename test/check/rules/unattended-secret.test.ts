import { describe, expect, it } from "vitest";
import { messagesOf, placesOf, shop } from "../../lib/findings.ts";

describe("unattended-secret", () => {
  const plan = (password: string, more = 'schedule: daily("02:00"),') => `const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", { assets: [mysql("db", { on: web, databases: ["shop"], credentials: { user: "backup", password: ${password} }, ${more}
  copies: [disk], keep: keep({ daily: 7 }) })] });
`;

  it("finds what only a person or an environment can give, where it is asked of cron", async () => {
    expect(await messagesOf("unattended-secret", plan('secretPrompt("the password")'))).toEqual([
      "asset 'db' is scheduled, and needs a secret that a person types",
    ]);
    expect(await messagesOf("unattended-secret", plan('secretEnv("PASSWORD")'))).toEqual([
      "asset 'db' is scheduled, and needs a secret that is in the environment",
    ]);
    expect(await messagesOf("unattended-secret", plan('secretFile("/etc/password")'))).toEqual([]);
    expect(await messagesOf("unattended-secret", plan('secretCommand("/usr/local/bin/password")'))).toEqual(
      [],
    );
    expect(await messagesOf("unattended-secret", plan('secretPrompt("the password")', ""))).toEqual([]);
  });

  it("looks at hooks, too", async () => {
    const hook = (url: string) => shop(`schedule: daily("02:00"), notify: [webhook(${url})]`);
    expect(await placesOf("unattended-secret", hook('secretEnv("URL")'))).toEqual(['secretEnv("URL"']);
    expect(await placesOf("unattended-secret", hook('secretFile("/etc/url")'))).toEqual([]);
  });
});
