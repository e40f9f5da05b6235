import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";

describe("copies-too-alike", () => {
  const offsite = (lock: string) =>
    `const offsite = s3("offsite", { bucket: "shop-backups", region: "eu-central-1", credentials: "/etc/aws" ${lock} });`;
  const plan = (copies: string, more: string, before = "", extra = "") => `const web = host("web");
const disk = directory("disk", { path: "/backup" });
${before}
const notes = files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: ${copies}, ${more} });
export default plan("shop", { assets: [notes], ${extra} });
`;
  const verify = 'verify: weekly("sunday", "04:00")';

  it("asks nothing of an asset that nobody counts on", async () => {
    expect(await messagesOf("copies-too-alike", plan("[disk]", ""))).toEqual([]);
  });

  it("names all that is lacking, and nothing that is there", async () => {
    const of = (text: string) => `'notes': ${text}`;
    const asked = (copies: string, more: string, before = "", extra = "") =>
      messagesOf("copies-too-alike", plan(copies, `rpo: "26h", ${more}`, before, extra));
    expect(await asked("[disk]", "")).toEqual([
      of(
        "2 copies with the live data; three are needed, all in one sort of store, none off-site, none that cannot be deleted, nothing verifies them",
      ),
    ]);
    expect(await asked("[disk, offsite]", verify, offsite(', lock: "30d"'))).toEqual([]);
    expect(await asked("[disk, offsite]", verify, offsite(""))).toEqual([
      of("3 copies with the live data; none that cannot be deleted"),
    ]);
    expect(await asked("[disk, offsite]", "", offsite(', lock: "30d"'))).toEqual([
      of("3 copies with the live data; nothing verifies them"),
    ]);
    const check =
      'controller: web, checks: [check("weekly", { schedule: daily("09:00"), probes: [intact([notes])] })]';
    expect(await asked("[disk, offsite]", "", offsite(', lock: "30d"'), check)).toEqual([]);
  });

  it("takes a NAS of the same site for what it is", async () => {
    const nas = (at: string) => `const office = site("office");
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) ${at} });
const far = directory("far", { on: nas, path: "/backup" });
`;
    const at = (same: boolean) =>
      plan("[disk, far]", `rpo: "26h", ${verify}`, nas(same ? ", at: office" : "")).replace(
        'host("web")',
        same ? 'host("web", { at: office })' : 'host("web")',
      );
    const moved = (text: string) => {
      const [head = "", ...rest] = text.split("\n");
      const site = rest.findIndex((line) => line.startsWith("const office"));
      const [office = ""] = site < 0 ? [] : rest.splice(site, 1);
      return [office, head, ...rest].join("\n");
    };
    expect(await messagesOf("copies-too-alike", moved(at(true)))).toEqual([
      "'notes': 3 copies with the live data; all in one sort of store, none off-site, none that cannot be deleted",
    ]);
    expect(await messagesOf("copies-too-alike", moved(at(false)))).toEqual([
      "'notes': 3 copies with the live data; all in one sort of store, none that cannot be deleted",
    ]);
  });
});
