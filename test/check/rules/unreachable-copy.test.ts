import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("unreachable-copy", () => {
  const reach = 'reach: ssh({ address: "10.0.0.7" })';
  const told = ({ web = "", nas = "", third = "", copies = "disk, far", before = "" }) =>
    toldBy(
      "unreachable-copy",
      `${before}
const web = host("web", { ${web} });
const nas = host("nas", { ${nas} });
const disk = directory("disk", { path: "/backup" });
const spare = directory("spare", { path: "/spare" });
const far = directory("far", { on: nas, path: "/backup" });
const further = directory("further", { on: host("third", { ${third} }), path: "/backup" });
const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws" });
const notes = files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [${copies}] });
export default plan("shop", { assets: [notes] });
`,
    );

  it("wants one of the two hosts to reach the other", async () => {
    expect(await told({ nas: reach })).toEqual([]);
    expect(await told({ web: reach })).toEqual([]);
    expect(await told({})).toMatchObject([
      {
        message:
          "nothing brings sets of asset 'notes' to store 'far': 'nas' cannot reach 'web', nor 'web' 'nas'",
        fix: `say how 'nas' reaches host 'web': reach: ssh({ address: "…" })`,
        at: "far",
      },
    ]);
  });

  it("asks nothing for a directory of the asset's own host, or a bucket", async () => {
    expect(await told({ copies: "disk, spare, offsite" })).toEqual([]);
  });

  it("knows where a set is when its first store is a bucket, which is another rule's finding", async () => {
    expect(await told({ copies: "offsite, far" })).toMatchObject([
      {
        message:
          "nothing brings sets of asset 'notes' to store 'far': 'nas' cannot reach 'web', nor 'web' 'nas'",
      },
    ]);
  });

  it("leaves the first store to the rule for that", async () => {
    expect(await told({ copies: "far, disk" })).toEqual([]);
  });

  it("names the host that has the copy before it, which need not be the asset's", async () => {
    expect(await told({ web: reach, third: reach, copies: "disk, far, further" })).toEqual([]);
    expect(await told({ web: reach, copies: "disk, far, further" })).toMatchObject([
      {
        message:
          "nothing brings sets of asset 'notes' to store 'further': 'third' cannot reach 'nas', nor 'nas' 'third'",
        fix: `say how 'third' reaches host 'nas': reach: ssh({ address: "…" })`,
        at: "further",
      },
    ]);
  });

  it("tells of each such copy", async () => {
    expect((await told({ copies: "disk, far, further" })).map(({ at }) => at)).toEqual(["far", "further"]);
  });

  it("knows that only its own machine reaches a Multipass VM", async () => {
    const mac = 'const mac = host("mac");';
    const vm = { before: mac, web: 'runsOn: mac, reach: multipass("web")' };
    const onMac = 'disk, directory("onmac", { on: mac, path: "/backup" })';
    expect(await told({ ...vm, copies: onMac })).toEqual([]);
    expect(await told(vm)).toMatchObject([
      {
        message:
          "nothing brings sets of asset 'notes' to store 'far': 'web' is a Multipass VM, which only the machine it runs on can reach, and that is not 'nas'",
      },
    ]);
  });
});
