import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("store-too-small", () => {
  const plan = (capacity: string, keep = "keep({ daily: 7 })") =>
    shop(`schedule: daily("02:00"), keep: ${keep}, expect: { size: "1GiB", backup: "1m" }`, {
      disk: `capacity: "${capacity}"`,
    });

  it("has room for what is kept and one more, and not a byte less", async () => {
    expect(await messagesOf("store-too-small", plan("8GiB"))).toEqual([]);
    expect(await messagesOf("store-too-small", plan("8589934591B"))).toEqual([
      "store 'disk' holds 8 GiB, and its sets need 8 GiB",
    ]);
  });

  it("adds the rules of a retention up", async () => {
    expect(
      await messagesOf("store-too-small", plan("14GiB", "keep({ last: 2, daily: 7, weekly: 4 })")),
    ).toEqual([]);
    expect(
      await messagesOf("store-too-small", plan("13GiB", "keep({ last: 2, daily: 7, weekly: 4 })")),
    ).toHaveLength(1);
  });

  it("counts a directory of each host for that host, and one of a single host for all", async () => {
    const two = (where: string) => `const a = host("a", { reach: ssh({ address: "10.0.0.1" }) });
const b = host("b", { reach: ssh({ address: "10.0.0.2" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.3" }) });
const local = directory("local", { path: "/backup", ${where === "local" ? 'capacity: "8GiB"' : ""} });
const far = directory("far", { on: nas, path: "/backup", ${where === "far" ? 'capacity: "8GiB"' : ""} });
const common = { schedule: daily("02:00"), keep: keep({ daily: 7 }), expect: { size: "1GiB", backup: "1m" } } as const;
export default plan("shop", { assets: [
  files("one", { ...common, on: a, paths: ["/one"], copies: [local, far] }),
  files("two", { ...common, on: b, paths: ["/two"], copies: [local, far] }),
] });
`;
    expect(await messagesOf("store-too-small", two("local"))).toEqual([]);
    expect(await messagesOf("store-too-small", two("far"))).toEqual([
      "store 'far' holds 8 GiB, and its sets need 16 GiB",
    ]);
  });

  it("is silent about a set of unknown size, unless the others are too much already", async () => {
    expect(
      await messagesOf(
        "store-too-small",
        shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', { disk: 'capacity: "1MiB"' }),
      ),
    ).toEqual([]);
  });
});
