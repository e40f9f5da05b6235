import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("no-copy-schedule", () => {
  const told = async (schedule: string, copies: string, nas = 'reach: ssh({ address: "10.0.0.7" })') => {
    const source = `const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { ${nas} });
const disk = directory("disk", { path: "/backup" });
const spare = directory("spare", { path: "/spare" });
const far = directory("far", { on: nas, path: "/backup" });
const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws" });
const notes = files("notes", { on: web, paths: ["/srv"], ${schedule} keep: keep({ daily: 7 }), copies: [${copies}] });
export default plan("shop", { assets: [notes] });
`;
    return toldBy("no-copy-schedule", source);
  };
  // A quarter of an hour for the backup and one more before the copy: into the next day, which cron cannot say of a day of the month.
  const late = 'schedule: monthly(1, "23:30"),';
  const early = 'schedule: monthly(1, "23:29"),';

  it("wants no time of a copy's own while one follows from the backup's", async () => {
    expect(await told(early, "disk, far")).toEqual([]);
    expect(await told(late, "disk, far")).toMatchObject([
      {
        message:
          "the copy of asset 'notes' in 'far' has no time of its own, and none follows from monthly on day 1 at 23:30",
        fix: 'write copy(far, { schedule: daily("03:00") })',
        at: "far",
      },
    ]);
  });

  it("looks at copies that are fetched, and at those that are sent", async () => {
    expect((await told(late, "disk, offsite, far")).map(({ at }) => at)).toEqual(["offsite", "far"]);
  });

  it("takes a copy's own time, and does without one where the backup itself makes the copy", async () => {
    expect(await told(late, 'disk, spare, copy(far, { schedule: daily("03:00") })')).toEqual([]);
  });

  it("is silent about a copy that nothing brings there, and about an asset without a schedule", async () => {
    expect(await told(late, "far, disk")).toEqual([]);
    expect(await told("", "disk, far")).toEqual([]);
  });
});
