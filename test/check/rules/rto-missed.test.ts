import { describe, expect, it } from "vitest";
import { lostHost, messagesOf, placesOf, shop } from "../../lib/findings.ts";

describe("rto-missed", () => {
  it("allows exactly the time that a recovery takes, and not a second less", async () => {
    const within = (rto: string) => lostHost(undefined, { scenario: `rto: "${rto}"` });
    expect(await messagesOf("rto-missed", within("50m11s"))).toEqual([]);
    expect(await messagesOf("rto-missed", within("50m10s"))).toEqual([
      "the recovery from scenario 'lost' takes 50 min 11 s, and the plan allows 50 min 10 s",
    ]);
    expect(await placesOf("rto-missed", within("10m"))).toEqual(['scenario("lost" rto']);
  });

  it("tells of a scenario once, and of the asset that is late though the scenario is not", async () => {
    const both = lostHost(undefined, { asset: 'rto: "40m"', scenario: 'rto: "10m"' });
    expect(await messagesOf("rto-missed", both)).toEqual([
      "the recovery from scenario 'lost' takes 50 min 11 s, and the plan allows 10 min",
    ]);
    expect(await messagesOf("rto-missed", lostHost(undefined, { asset: 'rto: "40m"' }))).toEqual([]);
  });

  it("tells of a restore that by itself takes longer than its asset allows", async () => {
    const alone = (rto: string) =>
      shop(
        `schedule: daily("02:00"), keep: keep({ daily: 7 }), expect: { restore: "10m", size: "1GiB" }, rto: "${rto}"`,
        {
          disk: 'speed: "100MiB/s"',
        },
      );
    expect(await messagesOf("rto-missed", alone("10m"))).toEqual([]);
    expect(await messagesOf("rto-missed", alone("9m59s"))).toEqual([
      "a restore of asset 'notes' takes 10 min, and the plan allows 9 min 59 s",
    ]);
    expect(await placesOf("rto-missed", alone("1m"))).toEqual(['files("notes" rto']);
  });

  it("is silent when nothing is known, since that is unproven and no more", async () => {
    expect(await messagesOf("rto-missed", shop('schedule: daily("02:00"), rto: "1s"'))).toEqual([]);
  });
});
