import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { messagesOf } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

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

  it("asks of an asset that has an objective, or that a scenario restores", async () => {
    expect(await messagesOf("copies-too-alike", plan("[disk]", 'rpo: "26h"'))).toHaveLength(1);
    expect(await messagesOf("copies-too-alike", plan("[disk]", 'rto: "2h"'))).toHaveLength(1);
    const wiki = 'const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk] });';
    const steps = 'rebuild(web, { id: "machine", takes: "20m" }), restore(notes)';
    const asked = (some: string) =>
      messagesOf("copies-too-alike", disaster({ before: wiki, assets: "notes, wiki", steps: some }));
    expect(await asked(steps)).toEqual([expect.stringMatching(/^'notes': 3 copies/)]);
    expect(await asked(`${steps}, restore(wiki)`)).toEqual([
      expect.stringMatching(/^'notes': 3 copies/),
      expect.stringMatching(/^'wiki': 2 copies/),
    ]);
  });

  it("tells once of those that lack the same, and apart of the others", async () => {
    const of = (id: string, copies: string, more = "") =>
      `const ${id} = files("${id}", { on: web, paths: ["/${id}"], schedule: daily("02:00"), rpo: "26h",\ncopies: [${copies}],\n${more} });`;
    const source = `const web = host("web");
const disk = directory("disk", { path: "/backup" });
const second = directory("second", { path: "/second" });
${offsite(', lock: "30d"')}
${of("one", "disk")}
${of("two", "disk")}
${of("three", "disk, second")}
${of("four", "disk, second", verify)}
${of("five", "disk, offsite")}
${offsite("").replaceAll("offsite", "open")}
${of("six", "disk, open", verify)}
export default plan("shop", { assets: [one, two, three, four, five, six] });
`;
    const told = await toldBy("copies-too-alike", source);
    expect(told.map(({ message, related }) => [message.replace(/:.*/, ""), related])).toEqual([
      ["'one', 'two'", ["copies: [disk],"]],
      ["'three'", []],
      ["'four'", []],
      ["'five'", []],
      ["'six'", []],
    ]);
    expect(told[1]?.message).toBe(
      "'three': 3 copies with the live data; all in one sort of store, none off-site, none that cannot be deleted, nothing verifies them",
    );
    expect(told[2]?.fix).toBe(
      "add a store of another kind, such as s3(); add a store that is on none of its machines; give the off-site store a lock",
    );
  });

  it("counts a check that asks for that very asset, whatever else it asks", async () => {
    const wiki =
      'const wiki = files("wiki", { on: web, paths: ["/wiki"], schedule: daily("02:00"), copies: [disk] });';
    const asked = (probes: string) =>
      messagesOf(
        "copies-too-alike",
        plan(
          "[disk, offsite]",
          'rpo: "26h"',
          `${offsite(', lock: "30d"')}\n${wiki}`,
          `controller: web, checks: [check("weekly", { schedule: daily("09:00"), probes: [${probes}] })]`,
        ).replace("assets: [notes]", "assets: [notes, wiki]"),
      );
    const unverified = "'notes': 3 copies with the live data; nothing verifies them";
    expect(await asked("hostsUp(web), intact([notes, wiki])")).toEqual([]);
    expect(await asked("hostsUp(web)")).toEqual([unverified]);
    expect(await asked("intact([wiki])")).toEqual([unverified]);
  });

  it("takes what is lost together for one place: machines of one machine, of one site, a store of that site", async () => {
    const asked = async (hosts: string, store: string) => {
      const source = `const office = site("office");
const branch = site("branch");
${hosts}
const disk = directory("disk", { path: "/backup" });
const far = ${store};
const notes = files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [disk, far], rpo: "26h", ${verify} });
export default plan("shop", { assets: [notes] });
`;
      return (await messagesOf("copies-too-alike", source)).some((each) => each.includes("none off-site"));
    };
    const onNas = 'directory("far", { on: nas, path: "/backup" })';
    const bucket = (at = "") =>
      `s3("far", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws" ${at} })`;
    const hosts = (web: string, nas: string, more = "") =>
      `${more}const web = host("web", { reach: ssh({ address: "10.0.0.6" }), ${web} });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }), ${nas} });`;
    const metal = (at = "") => `const metal = host("metal", { ${at} });\n`;
    const room = 'const room = host("room", { at: office });\nconst rack = host("rack", { runsOn: room });\n';
    expect(await asked(hosts("", ""), onNas)).toBe(false);
    expect(await asked(hosts("runsOn: metal", "runsOn: metal", metal()), onNas)).toBe(true);
    expect(await asked(hosts("runsOn: metal", "", metal()), onNas)).toBe(false);
    expect(await asked(hosts("runsOn: metal", "at: office", metal("at: office")), onNas)).toBe(true);
    expect(await asked(hosts("runsOn: rack", "at: office", room), onNas)).toBe(true);
    expect(await asked(hosts("runsOn: rack", "at: branch", room), onNas)).toBe(false);
    expect(await asked(hosts("at: office", ""), bucket())).toBe(false);
    expect(await asked(hosts("at: office", ""), bucket(", at: office"))).toBe(true);
    expect(await asked(hosts("at: office", ""), bucket(", at: branch"))).toBe(false);
    // A circle is told of by its own rule; this one must only come to an end.
    const circle = hosts('runsOn: "nas" as never', "runsOn: web");
    expect(await asked(circle, onNas)).toBe(false);
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
