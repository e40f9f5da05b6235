import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("same-directory", () => {
  const told = async (one: string, other: string, copies = "[disk, one, other]") => {
    const source = `const web = host("web");
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const disk = directory("disk", { path: "/disk" });
const one = ${one};
const other = ${other};
const notes = files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: ${copies} });
export default plan("shop", { assets: [notes] });
`;
    return (await toldBy("same-directory", source)).map(({ message, at }) => [message, at]);
  };
  const same = (path: string) => [
    [`stores 'one' and 'other' of asset 'notes' are the same place, '${path}'`, "other"],
  ];

  it("finds one path under two names, whether or not the asset's own host is named", async () => {
    const here = 'directory("one", { path: "/backup" })';
    expect(await told(here, 'directory("other", { path: "/backup" })')).toEqual(same("/backup"));
    expect(await told(here, 'directory("other", { on: web, path: "/backup" })')).toEqual(same("/backup"));
    expect(await told(here, 'directory("other", { path: "/backup2" })')).toEqual([]);
    expect(await told(here, 'directory("other", { path: "/backup/other" })')).toEqual([]);
  });

  it("takes the same path on another host for another place", async () => {
    const there = 'directory("one", { on: nas, path: "/backup" })';
    expect(await told(there, 'directory("other", { path: "/backup" })')).toEqual([]);
    expect(await told(there, 'directory("other", { on: nas, path: "/backup" })')).toEqual(same("/backup"));
  });

  it("finds one bucket under two names", async () => {
    const s3 = (id: string, bucket: string) =>
      `s3("${id}", { bucket: "${bucket}", region: "eu-central-1", credentials: "/etc/aws" })`;
    const [found] = await told(s3("one", "shop"), s3("other", "shop"));
    expect(found?.[1]).toBe("other");
    expect(await told(s3("one", "shop"), s3("other", "pub"))).toEqual([]);
  });

  it("leaves a store that is named twice to the rule for that", async () => {
    const here = 'directory("one", { path: "/backup" })';
    expect(await told(here, 'directory("other", { path: "/other" })', "[disk, one, one]")).toEqual([]);
  });

  it("looks at every host of an asset", async () => {
    const source = (on: string) => `const a = host("a", { reach: ssh({ address: "10.0.0.1" }) });
const b = host("b", { reach: ssh({ address: "10.0.0.2" }) });
const c = host("c", { reach: ssh({ address: "10.0.0.3" }) });
const one = directory("one", { path: "/backup" });
const other = directory("other", { on: ${on}, path: "/backup" });
const members = [a, b].map((on) => ({ on, peerUrl: \`https://\${on.id}:2380\` }));
const db = etcd("db", { members, service: systemd("etcd"), schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [one, other] });
export default plan("shop", { assets: [db] });
`;
    const on = async (host: string) => (await toldBy("same-directory", source(host))).length;
    expect([await on("a"), await on("b"), await on("c")]).toEqual([1, 1, 0]);
  });
});
