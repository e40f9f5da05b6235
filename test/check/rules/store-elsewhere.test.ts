import { describe, expect, it } from "vitest";
import { foundBy, messagesOf } from "../../lib/findings.ts";

describe("store-elsewhere", () => {
  const plan = (options: string, before = "") => `const web = host("web");
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const disk = directory("disk", { path: "/backup" });
const first = directory("first", { ${options} path: "/first" });
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [${before} first] })] });
`;

  it("wants the first store on the asset's own host, with that named or not", async () => {
    expect(await messagesOf("store-elsewhere", plan(""))).toEqual([]);
    expect(await messagesOf("store-elsewhere", plan("on: web,"))).toEqual([]);
    const [found, ...others] = await foundBy("store-elsewhere", plan("on: nas,"));
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      message: "the first store of asset 'notes', 'first', is no directory on the asset's own host",
      fix: "name first a directory without 'on', or one on 'web'",
    });
    expect(found?.target?.path).toEqual(["copies", 0]);
  });

  it("asks nothing of the second", async () => {
    expect(await messagesOf("store-elsewhere", plan("on: nas,", "disk,"))).toEqual([]);
  });
});
