import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("plain-secrets", () => {
  const told = async (one: string, two = 'paths: ["/two"]') => {
    const source = `const common = { on: host("web"), schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [directory("disk", { path: "/backup" })] };
export default plan("shop", { assets: [files("one", { ...common, ${one} }), files("two", { ...common, ${two} })] });
`;
    return (await toldBy("plain-secrets", source)).map(({ message, at }) => [message, at]);
  };
  const message = (asset: string) =>
    `backups of asset '${asset}' are not encrypted: the paths look like private keys`;
  const keys = 'paths: ["/etc/ssl"]';

  it("tells of each asset that holds secrets, and gives the reason of its kind", async () => {
    expect(await told('paths: ["/srv/notes"]')).toEqual([]);
    expect(await told(keys)).toEqual([[message("one"), "files"]]);
    expect(await told(keys, keys)).toEqual([
      [message("one"), "files"],
      [message("two"), "files"],
    ]);
  });

  it("is content with either sort of encryption", async () => {
    const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    expect(await told(`${keys}, encrypt: age("${recipient}")`)).toEqual([]);
    expect(await told(`${keys}, encrypt: opensslKey("/etc/lifeboat/backup.key")`)).toEqual([]);
  });
});
