import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("unproven", () => {
  it("names what is missing once, with what hangs on it", async () => {
    expect(
      await messagesOf("unproven", shop('schedule: daily("02:00"), keep: keep({ daily: 7 }), rpo: "26h"')),
    ).toEqual([
      "it is not said how long a backup of 'notes' takes (expect.backup), so this is not proven: the RPO of 'notes', the schedule of 'notes'",
    ]);
  });

  it("asks nothing of an asset of which nothing is promised", async () => {
    expect(await messagesOf("unproven", shop('schedule: daily("02:00"), keep: keep({ daily: 7 })'))).toEqual(
      [],
    );
  });

  it("does not believe the schedule of a host that sleeps", async () => {
    const source = shop(
      'schedule: daily("02:00"), keep: keep({ daily: 7 }), rpo: "26h", expect: { backup: "1m" }',
      { host: "sleeps: true" },
    );
    expect(await messagesOf("unproven", source)).toEqual([
      "it is not said how late jobs run on 'web', which sleeps at times, so this is not proven: the RPO of 'notes'",
    ]);
  });
});
