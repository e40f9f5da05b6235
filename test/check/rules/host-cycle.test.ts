import { describe, expect, it } from "vitest";
import { messagesOf, placesOf, shop } from "../../lib/findings.ts";

describe("host-cycle", () => {
  const hosts = (...ways: readonly string[]) =>
    shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', {
      before: ways.map((way, index) => `const h${index} = host("h${index}", { ${way} });`).join("\n"),
      plan: `hosts: [${ways.map((_, index) => `h${index}`).join(", ")}]`,
    });
  const on = (name: string) => `runsOn: "${name}" as never`;

  it("tells of a circle once, whoever it passes through", async () => {
    expect(await messagesOf("host-cycle", hosts(on("h0")))).toEqual(["host 'h0' runs on itself: h0 → h0"]);
    expect(await messagesOf("host-cycle", hosts(on("h1"), on("h2"), on("h0")))).toEqual([
      "host 'h0' runs on itself: h0 → h1 → h2 → h0",
    ]);
    expect(await placesOf("host-cycle", hosts(on("h1"), on("h0")))).toEqual(['host("h0" runsOn']);
    expect(await messagesOf("host-cycle", hosts(on("h1"), on("h0"), on("h2")))).toHaveLength(2);
  });

  it("does not blame a host that merely runs on the circle, and allows a tower", async () => {
    expect(await messagesOf("host-cycle", hosts(on("h1"), on("h2"), on("h1")))).toEqual([
      "host 'h1' runs on itself: h1 → h2 → h1",
    ]);
    expect(await messagesOf("host-cycle", hosts("", on("h0"), on("h1")))).toEqual([]);
  });
});
