import { describe, expect, it } from "vitest";
import { lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("no-scenario", () => {
  it("wants a scenario for each disaster that the plan says it covers", async () => {
    const covers = (list: string) => lostHost(undefined, { plan: `escrow: [repo], covers: [${list}]` });
    expect(await messagesOf("no-scenario", covers('"infrastructure"'))).toEqual([]);
    expect(await messagesOf("no-scenario", covers('"infrastructure", "security"'))).toEqual([
      "the plan covers 'security', and no scenario is one",
    ]);
    expect(await placesOf("no-scenario", covers('"infrastructure", "security"'))).toEqual([
      'plan("shop" covers.1',
    ]);
  });

  it("leaves to not-restored what a scenario forgets", async () => {
    expect(
      await messagesOf("no-scenario", lostHost('rebuild(web, { id: "machine", takes: "20m" })')),
    ).toEqual([]);
  });
});
