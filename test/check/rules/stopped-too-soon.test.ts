import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("stopped-too-soon", () => {
  const plan = (options: string) => shop(`schedule: daily("02:00"), keep: keep({ daily: 7 }), ${options}`);

  it("allows a limit of just the time that it takes", async () => {
    expect(
      await messagesOf("stopped-too-soon", plan('expect: { backup: "1h" }, timeLimit: { backup: "1h" }')),
    ).toEqual([]);
    expect(
      await messagesOf("stopped-too-soon", plan('expect: { backup: "1h1s" }, timeLimit: { backup: "1h" }')),
    ).toEqual(["a backup of asset 'notes' takes 1 h 1 s, and is stopped after 1 h"]);
  });

  it("knows the limits that nobody has set, and looks at restores, too", async () => {
    expect(await messagesOf("stopped-too-soon", plan('expect: { backup: "6h", restore: "12h" }'))).toEqual(
      [],
    );
    expect(
      await messagesOf("stopped-too-soon", plan('expect: { backup: "6h1s", restore: "12h1s" }')),
    ).toHaveLength(2);
  });
});
