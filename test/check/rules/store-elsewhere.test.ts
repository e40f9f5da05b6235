import { describe, expect, it } from "vitest";
import { shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("store-elsewhere", () => {
  const before = `const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const own = directory("own", { on: web, path: "/own" });
const far = directory("far", { on: nas, path: "/backup" });
const lone = directory("lone", { on: host("lone"), path: "/backup" });
const offsite = s3("offsite", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws" });`;
  const told = (copies: string) =>
    toldBy(
      "store-elsewhere",
      shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', { before }).replace(
        "copies: [disk]",
        `copies: [${copies}]`,
      ),
    );
  const message = (store: string) =>
    `the first store of asset 'notes', '${store}', is no directory on the asset's own host`;

  it("takes a directory without a host, and one on the asset's own", async () => {
    expect(await told("disk, far")).toEqual([]);
    expect(await told("own")).toEqual([]);
  });

  it("wants no directory of another host first, and no bucket", async () => {
    const expected = (store: string) => [
      {
        message: message(store),
        fix: "name first a directory without 'on', or one on 'web'",
        at: store,
      },
    ];
    expect(await told("far, disk")).toMatchObject(expected("far"));
    expect(await told("offsite, disk")).toMatchObject(expected("offsite"));
  });

  it("leaves a further store that nothing reaches to the rule for that", async () => {
    expect(await told("disk, lone")).toEqual([]);
  });

  it("names every host of an asset that has several", async () => {
    const source = `const a = host("a", { reach: ssh({ address: "10.0.0.1" }) });
const b = host("b", { reach: ssh({ address: "10.0.0.2" }) });
const first = directory("first", { on: a, path: "/backup" });
const members = [a, b].map((on) => ({ on, peerUrl: \`https://\${on.id}:2380\` }));
const db = etcd("db", { members, service: systemd("etcd"), schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [first] });
export default plan("shop", { assets: [db] });
`;
    expect(await toldBy("store-elsewhere", source)).toMatchObject([
      { fix: "name first a directory without 'on', or one on 'a' or 'b'" },
    ]);
  });
});
