import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("copy-too-early", () => {
  interface Parts {
    readonly backup: string;
    readonly copies: string;
    readonly expect?: string;
    readonly web?: string;
    readonly nas?: string;
  }
  const told = async (parts: Parts) => {
    const source = `const web = host("web", { reach: ssh({ address: "10.0.0.6" }), ${parts.web ?? ""} });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }), ${parts.nas ?? ""} });
const disk = directory("disk", { path: "/backup" });
const spare = directory("spare", { path: "/spare" });
const far = directory("far", { on: nas, path: "/backup" });
const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws" });
const notes = files("notes", { on: web, paths: ["/srv"], ${parts.backup} keep: keep({ daily: 7 }), copies: [disk, ${parts.copies}], expect: { ${parts.expect ?? ""} } });
export default plan("shop", { assets: [notes] });
`;
    return (await toldBy("copy-too-early", source)).map(({ message, at }) => [message, at]);
  };
  const early = (when: string, duration: string, store = "far") => [
    `the copy of asset 'notes' in '${store}' is made ${when} what it copies begins, which takes ${duration}`,
    "daily",
  ];
  const at = (time: string, store = "far") => `copy(${store}, { schedule: daily("${time}") })`;
  const nightly = 'schedule: daily("02:00"),';
  const half = 'backup: "30m"';

  it("allows a copy that begins when the backup is done", async () => {
    expect(await told({ backup: nightly, copies: at("02:30"), expect: half })).toEqual([]);
    expect(await told({ backup: nightly, copies: at("02:29"), expect: half })).toEqual([
      early("29 min after", "30 min"),
    ]);
    expect(await told({ backup: nightly, copies: at("01:59"), expect: half })).toEqual([]);
  });

  it("asks no time of a further directory of the host, which the backup itself fills", async () => {
    expect(await told({ backup: nightly, copies: at("02:00", "spare"), expect: half })).toEqual([]);
  });

  it("finds the very minute, too, however long the backup takes", async () => {
    expect(await told({ backup: nightly, copies: at("02:00"), expect: half })).toEqual([
      early("in the very minute in which", "30 min"),
    ]);
    expect(await told({ backup: nightly, copies: at("02:00") })).toEqual([
      early("in the very minute in which", "longer than that"),
    ]);
    expect(await told({ backup: nightly, copies: at("02:01") })).toEqual([]);
  });

  it("is silent where a time follows by itself, and where there is nothing to follow", async () => {
    expect(await told({ backup: nightly, copies: "far", expect: half })).toEqual([]);
    expect(await told({ backup: "", copies: at("02:00"), expect: half })).toEqual([]);
  });

  it("holds a copy of a copy against that one, and how long it takes", async () => {
    const copies = (second: string, takes: string) =>
      `copy(far, { schedule: daily("03:00"), ${takes} }), ${at(second, "offsite")}`;
    const of = (second: string, takes = "") =>
      told({ backup: nightly, copies: copies(second, takes), expect: half });
    expect(await of("02:10")).toEqual([]);
    expect(await of("03:00")).toEqual([early("in the very minute in which", "longer than that", "offsite")]);
    expect(await of("03:01")).toEqual([]);
    expect(await of("04:00", 'takes: "1h"')).toEqual([]);
    expect(await of("03:59", 'takes: "1h"')).toEqual([early("59 min after", "1 h", "offsite")]);
  });

  it("counts a further directory of the same host as made with the backup", async () => {
    const copies = `spare, ${at("02:10")}`;
    expect(await told({ backup: nightly, copies, expect: half })).toEqual([early("10 min after", "30 min")]);
    expect(await told({ backup: nightly, copies, expect: 'backup: "10m"' })).toEqual([]);
  });

  it("compares times of one zone only", async () => {
    const parts = { backup: nightly, copies: at("02:10"), expect: half };
    const seoul = 'timeZone: "Asia/Seoul"';
    expect(await told({ ...parts, nas: seoul })).toEqual([]);
    expect(await told({ ...parts, web: seoul })).toEqual([]);
    expect(await told({ ...parts, web: seoul, nas: seoul })).toHaveLength(1);
    // A bucket is filled by the host that has the copy before it.
    const sent = { ...parts, copies: at("02:10", "offsite") };
    expect(await told({ ...sent, web: seoul })).toHaveLength(1);
    const twice = `copy(far, { schedule: daily("02:40") }), ${at("02:40", "offsite")}`;
    expect(await told({ ...parts, copies: twice, web: seoul })).toHaveLength(1);
  });

  it("takes the shortest wait of a week, over its end as well", async () => {
    const cron = (fields: string) => `schedule: cron("${fields}"),`;
    const copies = (fields: string) => `copy(far, { schedule: cron("${fields}") })`;
    const of = async (backup: string, copy: string) =>
      (await told({ backup: cron(backup), copies: copies(copy), expect: half })).map(([text]) => text);
    const ten = [early("10 min after", "30 min")[0]];
    expect(await of("50 23 * * sat", "0 0 * * sun")).toEqual(ten);
    expect(await of("50 23 * * 1,6", "0 0 * * 0,5")).toEqual(ten);
    expect(await of("0 2,10 * * *", "10 6,10 * * *")).toEqual(ten);
    expect(await of("0 2,10 * * *", "10 10,20 * * *")).toEqual(ten);
    expect(await of("0 2,10 * * *", "30 2,10 * * *")).toEqual([]);
    expect(await of("0 */6 * * *", "10 12 * * sun")).toEqual(ten);
  });

  it("does not judge what runs more often than the backup, nor days of a month and months", async () => {
    const cron = (fields: string) => `copy(far, { schedule: cron("${fields}") })`;
    const of = (backup: string, fields: string) =>
      told({ backup: `schedule: cron("${backup}"),`, copies: cron(fields), expect: half });
    expect(await of("0 2 * * *", "10 2,14 * * *")).toEqual([]);
    expect(await of("0 2 1 * *", "10 2 * * sun")).toEqual([]);
    expect(await of("0 2 * * *", "10 2 1 * *")).toEqual([]);
    expect(await of("0 2 * 1-11 *", "10 2 * * *")).toEqual([]);
    expect(await of("0 2 * * *", "10 2 * 1-11 *")).toEqual([]);
    expect(await of("0 2 * * *", "10 2 * * *")).toHaveLength(1);
  });
});
