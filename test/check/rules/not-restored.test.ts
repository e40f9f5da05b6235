import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("not-restored", () => {
  const told = async (parts: Parameters<typeof disaster>[0]) =>
    (await toldBy("not-restored", disaster(parts))).map(({ message, at }) => [message, at]);
  const look = 'manual("Look", { takes: "1m" })';
  const lost = (asset: string, why: string) => [
    `scenario 'lost': '${asset}' is lost (${why}), and no step restores it`,
    `[${look}]`,
  ];
  const byHost = (asset = "notes") =>
    lost(asset, `the host 'web' is lost; the data of '${asset}' is on 'web'`);
  const wiki = {
    before: 'const wiki = files("wiki", { ...common, on: nas, paths: ["/srv/wiki"], copies: [disk] });',
    assets: "notes, wiki",
  };

  it("wants a restore of what is lost, by itself or with what it is on", async () => {
    expect(await told({ steps: look })).toEqual([byHost()]);
    expect(await told({ steps: look, loses: "notes" })).toEqual([lost("notes", "the asset 'notes' is lost")]);
    expect(await told({ steps: `${look}, restore(notes)` })).toEqual([]);
  });

  it("gives the whole way from what is lost: a place, a machine, a VM on it", async () => {
    const before = 'const office = site("office"); const mac = host("mac", { at: office });';
    const source = (loses: string) => ({ between: "", steps: look, loses });
    const vm = disaster(source("office")).replace(
      'const web = host("web", {',
      `${before}\nconst web = host("web", { runsOn: mac,`,
    );
    expect((await toldBy("not-restored", vm)).map(({ message }) => message)).toEqual([
      "scenario 'lost': 'notes' is lost (the site 'office' is lost; 'mac' is there; 'web' runs on it; the data of 'notes' is on 'web'), and no step restores it",
    ]);
  });

  it("asks for nothing that is not lost", async () => {
    expect(await told({ steps: look, loses: "" })).toEqual([]);
    expect(await told({ steps: look, loses: "far" })).toEqual([]);
    expect(await told({ ...wiki, steps: `${look}, restore(notes)` })).toEqual([]);
  });

  it("does not take the restore of another asset for that", async () => {
    expect(await told({ ...wiki, loses: "notes, wiki", steps: "restore(wiki)" })).toEqual([
      [
        "scenario 'lost': 'notes' is lost (the asset 'notes' is lost), and no step restores it",
        "[restore(wiki)]",
      ],
    ]);
  });

  it("tells of each asset that is lost", async () => {
    expect(await told({ ...wiki, loses: "web, nas", steps: look })).toEqual([
      byHost(),
      lost("wiki", "the host 'nas' is lost; the data of 'wiki' is on 'nas'"),
    ]);
  });

  it("knows how many hosts an asset can do without", async () => {
    const source = (loses: string) => `const [a, b, c] = ["a", "b", "c"].map((id) => host(id));
const disk = directory("disk", { path: "/backup" });
const members = [a, b, c].map((on) => ({ on, peerUrl: \`https://\${on.id}:2380\` }));
const db = etcd("db", { members, service: systemd("etcd"), schedule: daily("02:00"), keep: keep({ daily: 7 }), copies: [disk] });
export default plan("shop", { assets: [db], scenarios: [scenario("lost", {
  title: "Lost", disaster: "infrastructure", priority: "P2", symptoms: ["it is down"], impact: { level: "high" }, rto: "2h", rpo: "2d",
  loses: [${loses}], detection: { by: "us", within: "5m" }, steps: [${look}],
})] });
`;
    const of = async (loses: string) =>
      (await toldBy("not-restored", source(loses))).map(({ message }) => message);
    expect(await of("a")).toEqual([]);
    expect(await of("a, c")).toEqual([
      "scenario 'lost': 'db' is lost (the host 'a' is lost; the data of 'db' is on 'a', 'c'), and no step restores it",
    ]);
  });

  it("leaves what else is wrong with a plan or a recovery to the rules for that", async () => {
    expect(await told({ plan: 'covers: ["natural"]', steps: "restore(notes)", rto: "1m" })).toEqual([]);
  });
});
