import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("plain-secrets", () => {
  const state = (options: string) => `const web = host("web");
const disk = directory("disk", { path: "/backup" });
const key = age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");
export default plan("shop", { assets: [terraformState("infra", { on: web, directory: "/srv/infra", schedule: daily("02:00"),
  copies: [disk], keep: keep({ daily: 7 }), ${options} })] });
`;

  it("wants what holds secrets to be encrypted, and asks it of nothing else", async () => {
    expect(await messagesOf("plain-secrets", state(""))).toEqual([
      "backups of asset 'infra' are not encrypted: a state holds the passwords and keys of what it describes, in plain text",
    ]);
    expect(await messagesOf("plain-secrets", state("encrypt: key"))).toEqual([]);
    expect(await messagesOf("plain-secrets", shop('schedule: daily("02:00")'))).toEqual([]);
  });
});
