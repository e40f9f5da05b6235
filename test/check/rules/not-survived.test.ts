import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("not-survived", () => {
  type Parts = Parameters<typeof disaster>[0];
  const rebuilt = 'rebuild(web, { id: "machine", takes: "20m" })';
  const told = async (steps: string, parts: Parts = {}) =>
    (await toldBy("not-survived", disaster({ ...parts, steps }))).map(({ message }) =>
      message.replace("scenario 'lost': ", ""),
    );
  const webIsLost = "the host 'web' is lost";
  const andNotBack = ", and no step before it brings it back";

  it("is content when all is left, or brought back in time", async () => {
    expect(await told(`${rebuilt}, restore(notes)`)).toEqual([]);
    expect(await told("restore(notes)", { loses: "notes" })).toEqual([]);
  });

  it("says which step it is about", async () => {
    const look = 'manual("Look", { id: "look", takes: "1m", needs: [web] }),';
    const found = await toldBy(
      "not-survived",
      disaster({
        steps: `\n${rebuilt.replace("})", ', after: ["look"] })')},\n${look.replace("takes", "after: [], takes")}\n`,
      }),
    );
    expect(found).toMatchObject([
      {
        message: `scenario 'lost': step 'look' needs the host 'web': ${webIsLost}${andNotBack}`,
        line: look.replace("takes", "after: [], takes"),
      },
    ]);
  });

  it("wants every part that a step names, and counts only on steps before it", async () => {
    const look = (after = "") => `manual("Look", { id: "look", takes: "1m", needs: [web], ${after} })`;
    const lack = `step 'look' needs the host 'web': ${webIsLost}${andNotBack}`;
    expect(await told(look())).toEqual([lack]);
    expect(await told(`${rebuilt}, ${look()}`)).toEqual([]);
    expect(await told(`${rebuilt}, ${look("after: []")}`)).toEqual([lack]);
    expect(await told(`${rebuilt}, restore(notes), ${look()}`)).toEqual([]);
    const all = "needs: [far, nas, notes, safe]";
    const parts = { between: 'const safe = escrow("safe");', loses: "far, safe, notes" };
    expect(await told(`manual("Look", { id: "look", takes: "1m", ${all} })`, parts)).toEqual([
      `step 'look' needs the store 'far': the store 'far' is lost${andNotBack}`,
      `step 'look' needs the asset 'notes': the asset 'notes' is lost${andNotBack}`,
      `step 'look' needs the escrow 'safe': the escrow 'safe' is lost${andNotBack}`,
    ]);
  });

  it("wants the host on which a program runs, if not the controller", async () => {
    const lack = (step: string) => `step '${step}' needs the host 'web': ${webIsLost}${andNotBack}`;
    const program = (on = "") => `run(["true"], { id: "go", takes: "1m", ${on} })`;
    expect(await told(program("on: web"))).toEqual([lack("go")]);
    expect(await told(program("on: nas"))).toEqual([]);
    expect(await told(program())).toEqual([]);
    expect(await told(program(), { plan: "controller: web" })).toEqual([lack("go")]);
    expect(await told(program("on: nas"), { plan: "controller: web" })).toEqual([]);
    const machine = (by = "") => `rebuild(nas, { id: "machine", takes: "20m", ${by} })`;
    const both = { loses: "web, nas" };
    expect(await told(machine(), { ...both, plan: "controller: web" })).toEqual([]);
    expect(await told(machine('by: ["make"]'), { ...both, plan: "controller: web" })).toEqual([
      lack("machine"),
    ]);
    expect(await told(machine('by: ["make"], on: web'), both)).toEqual([lack("machine")]);
  });

  it("lets no step destroy what the disaster has left: a machine that is rebuilt comes back empty", async () => {
    const steps = 'rebuild([web, nas], { id: "machine", takes: "20m" }), restore(notes)';
    const destroyed = (host: string) =>
      `step 'machine' rebuilds the host '${host}', which the disaster leaves, and destroys what is on it; if that is meant, add the host to loses`;
    expect(await told(steps)).toEqual([destroyed("nas")]);
    expect(await told(steps, { loses: "notes" })).toEqual([destroyed("web"), destroyed("nas")]);
    // Then no copy is left, which no proof knew before.
    expect(await told(steps, { loses: "web, nas" })).toEqual([
      expect.stringContaining("step 'restore-notes' needs a copy of 'notes'"),
    ]);
  });

  it("wants the host of what is restored, and the assets that it needs", async () => {
    const wiki = {
      before: 'const wiki = files("wiki", { ...common, on: nas, paths: ["/srv/wiki"], copies: [disk] });',
      assets: "notes, wiki",
      notes: "needs: [wiki]",
      loses: "notes, wiki",
    };
    expect(await told("restore(notes)")).toContain(
      `step 'restore-notes' needs the host 'web': ${webIsLost}${andNotBack}`,
    );
    expect(await told("restore(wiki), restore(notes)", wiki)).toEqual([]);
    expect(await told("restore(notes), restore(wiki)", wiki)).toEqual([
      `step 'restore-notes' needs the asset 'wiki': the asset 'wiki' is lost${andNotBack}`,
    ]);
  });

  it("wants a copy that is left, in the store that is named", async () => {
    const disk = `'disk': ${webIsLost}; the store 'disk' is on it`;
    const far = "'far': the host 'nas' is lost; the store 'far' is on it";
    expect(await told(`${rebuilt}, restore(notes, { from: disk })`)).toEqual([
      `step 'restore-notes' needs a copy of 'notes' in 'disk': ${disk}`,
    ]);
    expect(await told(`${rebuilt}, restore(notes, { from: far })`)).toEqual([]);
    expect(await told(`${rebuilt}, restore(notes)`, { loses: "web, nas" })).toEqual([
      `step 'restore-notes' needs a copy of 'notes': ${disk}; ${far}`,
    ]);
    expect(await told("restore(notes)", { loses: "notes, far" })).toEqual([]);
    expect(await told("restore(notes)", { loses: "notes, disk" })).toEqual([]);
    // A store that has no copy of it is another rule's finding.
    const other = { before: 'const other = directory("other", { on: nas, path: "/other" });' };
    expect(await told(`${rebuilt}, restore(notes, { from: other })`, other)).toEqual([]);
  });

  describe("secrets", () => {
    const redis = (password: string) => ({
      before: 'const safe = escrow("safe");',
      between: `const cache = redis("cache", { ...common, on: web, service: systemd("redis-server"), copies: [disk, far], password: ${password} });`,
      assets: "notes, cache",
    });
    const steps = `${rebuilt}, restore(notes), restore(cache)`;

    it("are kept apart from a host that is lost", async () => {
      expect(await told(steps, redis('secretFile("/etc/pw", { escrow: [safe] })'))).toEqual([]);
      expect(await told("restore(cache)", { ...redis('secretFile("/etc/pw")'), loses: "cache" })).toEqual([]);
      expect(await told(steps, redis('secretFile("/etc/pw")'))).toEqual([
        "step 'restore-cache' needs the file /etc/pw: it was on 'web' only, which the disaster takes; say where else it is kept: escrow of the secret",
      ]);
    });

    it("that a person types are with somebody, whatever host is left", async () => {
      const needs = (secret: string) => `manual("Log in", { id: "log-in", takes: "1m", needs: [${secret}] })`;
      const safe = { between: 'const safe = escrow("safe");', loses: "" };
      expect(await told(needs('secretPrompt("the password")'), safe)).toEqual([
        "step 'log-in' needs 'the password': who has it is not said; say where else it is kept: escrow of the secret",
      ]);
      expect(await told(needs('secretPrompt("the password", { escrow: [safe] })'), safe)).toEqual([]);
      const prompt = { ...redis('secretPrompt("the password")'), loses: "cache" };
      expect(await told("restore(cache)", prompt)).toEqual([
        "step 'restore-cache' needs 'the password': who has it is not said; say where else it is kept: escrow of the secret",
      ]);
    });

    it("are with the host that has them, where it is left", async () => {
      const key = 'encrypt: opensslKey("/etc/key")';
      expect(await told("restore(notes)", { notes: key, loses: "notes" })).toEqual([]);
      expect(await told(`${rebuilt}, restore(notes)`, { notes: key })).toEqual([
        "step 'restore-notes' needs the key file /etc/key: it was on 'web' only, which the disaster takes; say where else it is kept: escrow of the secret",
      ]);
    });

    it("are in an escrow that is left, or that is back", async () => {
      const needs = (escrow: string) =>
        `manual("Log in", { id: "log-in", takes: "1m", needs: [secretPrompt("the password", { escrow: [${escrow}] })] })`;
      const places = `const bank = site("bank");
const [safe, vault, inside] = [escrow("safe", { at: bank }), escrow("vault", { on: web }), escrow("inside", { in: notes })];`;
      const of = (escrow: string, loses: string, before = "") =>
        told(`${before} ${needs(escrow)}`, { between: places, loses });
      const lack = (why: string) => [`step 'log-in' needs 'the password': ${why}`];
      expect(await of("safe", "web")).toEqual([]);
      expect(await of("safe", "bank")).toEqual(lack("the site 'bank' is lost; 'safe' is there"));
      expect(await of("vault", "web")).toEqual(lack(`${webIsLost}; 'vault' is on it`));
      // A host that is made anew has nothing in it.
      expect(await of("vault", "web", `${rebuilt},`)).toEqual(lack(`${webIsLost}; 'vault' is on it`));
      expect(await of("safe, vault", "web")).toEqual([]);
      expect(await of("safe, vault", "web, bank")).toEqual(
        lack(`the site 'bank' is lost; 'safe' is there; ${webIsLost}; 'vault' is on it`),
      );
      expect(await of("inside", "notes")).toEqual(
        lack("it is in 'inside', which is in 'notes', which does not work yet"),
      );
      expect(await of("inside", "notes", "restore(notes),")).toEqual([]);
      expect(await of("inside", "inside")).toEqual(lack("the escrow 'inside' is lost"));
    });

    it("of a store are with the host that fills it, or in the store's escrow", async () => {
      const bucket = (more = "") =>
        `const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws", ${more} });`;
      const lost = { loses: "web, far" };
      const of = (before: string, copies: string) =>
        told(`${rebuilt}, restore(notes)`, { ...lost, before, copies });
      const [lack] = await of(bucket(), "disk, offsite");
      expect(lack).toMatch(
        /^step 'restore-notes' needs a copy of 'notes': 'disk': .*; 'offsite': .*\/etc\/aws.*: it was on 'web' only, which the disaster takes; say where/,
      );
      expect(await of(bucket('escrow: [escrow("safe")]'), "disk, offsite")).toEqual([]);
      // Sent there by the NAS, which is left.
      expect(await of(bucket(), "disk, far, offsite")).toEqual([]);
    });
  });

  it("wants the scripts where every host of an asset is made anew", async () => {
    const none = "escrow: []";
    const steps = `${rebuilt}, restore(notes)`;
    const lack =
      "step 'restore-notes' needs the scripts of 'notes': they were on 'web'; say where else the compiled plan is kept: escrow of the plan";
    expect(await told(steps, { plan: none })).toEqual([lack]);
    expect(await told("restore(notes)", { plan: none, loses: "notes" })).toEqual([]);
    expect(await told(steps, { plan: `${none}, controller: nas` })).toEqual([]);
    expect(await told(steps, { plan: `${none}, controller: web` })).toEqual([]);
    const safe = { between: 'const safe = escrow("safe");', plan: "escrow: [safe]" };
    expect(await told(steps, safe)).toEqual([]);
    expect(await told(steps, { ...safe, loses: "web, safe" })).toEqual([lack]);
    const mac = { before: 'const mac = host("mac");', loses: "web, mac", plan: `${none}, controller: mac` };
    expect(await told(steps, mac)).toEqual([lack]);
  });

  it("wants what a store needs in order to be read", async () => {
    const parts = {
      before: `const wiki = files("wiki", { ...common, on: nas, paths: ["/srv/wiki"], copies: [disk] });
const dep = directory("dep", { on: nas, path: "/dep", needs: [wiki] });`,
      copies: "disk, dep",
      assets: "notes, wiki",
      loses: "web, wiki",
    };
    const [lack] = await told(`${rebuilt}, restore(notes), restore(wiki)`, parts);
    expect(lack).toBe(
      `step 'restore-notes' needs a copy of 'notes': 'disk': ${webIsLost}; the store 'disk' is on it; 'dep': it can be read only when 'wiki' works`,
    );
    expect(await told(`${rebuilt}, restore(wiki), restore(notes)`, parts)).toEqual([]);
  });

  describe("an intruder", () => {
    const offsite = (lock = "") =>
      `const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws", escrow: [escrow("safe")], ${lock} });`;
    const of = (parts: Parts, copies = "disk, offsite") =>
      told(`${rebuilt}, restore(notes)`, {
        copies,
        scenario: "malicious: true",
        nas: "reach: undefined",
        ...parts,
      });

    it("deletes what the host may delete, and cannot what is locked", async () => {
      expect(await of({ before: offsite() })).toEqual([
        `step 'restore-notes' needs a copy of 'notes': 'disk': ${webIsLost}; the store 'disk' is on it; 'offsite': ${webIsLost}; 'web' may delete what is in 'offsite': nothing there is locked`,
      ]);
      expect(await of({ before: offsite('lock: "30d"') })).toEqual([]);
      expect(await of({ before: offsite(), scenario: "malicious: false" })).toEqual([]);
    });

    it("does not reach what another host fetches, unless from here that one is reached", async () => {
      expect(await of({}, "disk, far")).toEqual([]);
      const [lack] = await of({ nas: "" }, "disk, far");
      expect(lack).toBe(
        `step 'restore-notes' needs a copy of 'notes': 'disk': ${webIsLost}; the store 'disk' is on it; 'far': ${webIsLost}; 'web' has access to 'nas'; the store 'far' is on it`,
      );
      expect(await of({ before: offsite() }, "disk, far, offsite")).toEqual([]);
    });
  });

  it("leaves what else fails to the rules for that", async () => {
    expect(await told('manual("Look", { takes: "1m" })', { rto: "1m" })).toEqual([]);
  });
});
