import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("unproven", () => {
  it("names what is missing once, with what hangs on it", async () => {
    expect(
      await messagesOf("unproven", shop('schedule: daily("02:00"), keep: keep({ daily: 7 }), rpo: "26h"')),
    ).toEqual([
      "it is not said how long a backup of 'notes' takes (expect.backup), so this is not proven: the RPO of 'notes', the schedule of 'notes'",
    ]);
  });

  it("says nothing of a promise that is broken whatever is missing", async () => {
    expect(
      await messagesOf("unproven", shop('schedule: daily("02:00"), keep: keep({ daily: 7 }), rpo: "23h"')),
    ).toEqual([
      "it is not said how long a backup of 'notes' takes (expect.backup), so this is not proven: the schedule of 'notes'",
    ]);
  });

  it("names three of what hangs on one thing, and counts the rest", async () => {
    const scenarios = ["one", "two", "three"].map(
      (id) =>
        `scenario("${id}", { ...told, loses: [web], detection: { by: "us", within: "5m" }, steps: [rebuild(web, { id: "machine", takes: "20m" }), restore(notes)], rto: "2h" })`,
    );
    const claims = async (count: number) => {
      const some = ["lost", ...scenarios].slice(0, count).join(", ");
      const found = await messagesOf(
        "unproven",
        disaster({ expect: 'size: "1GiB", restore: "10m"', scenarios: some }),
      );
      return found.filter((each) => each.includes("expect.backup")).map((each) => each.replace(/^.*: /, ""));
    };
    const three = "the RPO of 'notes' in 'lost', the RPO of 'notes' in 'one', the RPO of 'notes' in 'two'";
    expect(await claims(1)).toEqual(["the RPO of 'notes' in 'lost'"]);
    expect(await claims(3)).toEqual([three]);
    expect(await claims(4)).toEqual([`${three}, and 1 more`]);
  });

  it("says what it is of that belongs to no asset", async () => {
    const source = disaster({ detection: "", plan: "" }).replace(
      'by: "the monitoring", ',
      'by: "the monitoring"',
    );
    expect(await messagesOf("unproven", source)).toContainEqual(
      expect.stringContaining("so this is not proven: the RTO in 'lost'"),
    );
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
