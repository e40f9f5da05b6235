import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("store-inside-source", () => {
  const common = "...common, copies: [disk, store]";
  const told = async (asset: string, store: string, on = "") => {
    const source = `const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const disk = directory("disk", { path: "/disk" });
const store = directory("store", { path: "${store}", ${on} });
const common = { on: web, schedule: daily("02:00"), keep: keep({ daily: 7 }) };
export default plan("shop", { assets: [${asset}] });
`;
    return (await toldBy("store-inside-source", source)).map(({ message, at }) => [message, at]);
  };
  const inside = (store: string, path: string) => [
    [`store 'store' (${store}) and the data of asset 'data' (${path}) lie inside one another`, "store"],
  ];
  const files = (...paths: readonly string[]) =>
    `files("data", { ${common}, paths: ${JSON.stringify(paths)} })`;

  it("finds either inside of the other, and both in one place", async () => {
    expect(await told(files("/srv"), "/srv/backup")).toEqual(inside("/srv/backup", "/srv"));
    expect(await told(files("/srv/notes"), "/srv")).toEqual(inside("/srv", "/srv/notes"));
    expect(await told(files("/srv"), "/srv")).toEqual(inside("/srv", "/srv"));
  });

  it("does not take a name that merely begins alike for a place inside", async () => {
    expect(await told(files("/srv"), "/srv2")).toEqual([]);
    expect(await told(files("/srv2"), "/srv")).toEqual([]);
  });

  it("knows that everything is inside of the root", async () => {
    expect((await told(files("/"), "/backup")).map(([, at]) => at)).toEqual(["disk", "store"]);
    expect(await told(files("/srv"), "/")).toEqual(inside("/", "/srv"));
  });

  it("looks at every path, and names the first that lies so", async () => {
    expect(await told(files("/etc/shop", "/srv/a", "/srv/b"), "/srv")).toEqual(inside("/srv", "/srv/a"));
  });

  it("knows that a directory of another host is another place", async () => {
    expect(await told(files("/srv"), "/srv", "on: nas")).toEqual([]);
    expect(await told(files("/srv"), "/srv", "on: web")).toEqual(inside("/srv", "/srv"));
  });

  it("knows a database by its file, its directory, and whatever else a kind saves", async () => {
    const sqlite = `sqlite("data", { ${common}, path: "/srv/app.db" })`;
    expect(await told(sqlite, "/srv")).toEqual(inside("/srv", "/srv/app.db"));
    const redis = `redis("data", { ${common}, service: systemd("redis-server"), dataDirectory: "/srv/redis" })`;
    expect(await told(redis, "/srv/redis/sets")).toEqual(inside("/srv/redis/sets", "/srv/redis"));
    const pki = `kubeadmPki("data", { ${common} })`;
    expect(await told(pki, "/etc/kubernetes/pki/sets")).toEqual(
      inside("/etc/kubernetes/pki/sets", "/etc/kubernetes/pki"),
    );
  });

  it("does not take a path in a pod for one on the host", async () => {
    const pod =
      'in: pod({ cluster: kubernetes({ kubeconfig: "/root/.kube/config" }), namespace: "shop", pod: "web-0" })';
    expect(await told(`volume("data", { ${common}, ${pod}, path: "/srv" })`, "/srv")).toEqual([]);
    const server = `clickhouse("data", { ${common}, ${pod}, databases: "all", dataDirectory: "/srv" })`;
    expect(await told(server, "/srv")).toEqual([]);
    expect(await told(server, "/")).toEqual([]);
  });

  it("names the data, and not an option that is left out", async () => {
    expect(await told(`sqlite("data", { ${common}, path: "/srv/app.db" })`, "/")).toEqual(
      inside("/", "/srv/app.db"),
    );
    expect(await told(`redis("data", { ${common}, service: systemd("redis-server") })`, "/")).toEqual([]);
  });
});
