import { describe, expect, it } from "vitest";
import { messagesOf, placesOf } from "../../lib/findings.ts";

describe("store-inside-source", () => {
  const plan = (
    path: string,
    data: string,
    on = "",
  ) => `const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const disk = directory("disk", { path: "/disk" });
const store = directory("store", { ${on} path: "${path}" });
export default plan("shop", { assets: [files("notes", { on: web, paths: [${data}], schedule: daily("02:00"), copies: [disk, store] })] });
`;

  it("finds the one inside the other, either way, and a path that merely begins alike is another", async () => {
    const clash = (path: string, data: string) =>
      `store 'store' (${path}) and the data of asset 'notes' (${data}) lie inside one another`;
    expect(await messagesOf("store-inside-source", plan("/srv/backup", '"/etc", "/srv"'))).toEqual([
      clash("/srv/backup", "/srv"),
    ]);
    expect(await messagesOf("store-inside-source", plan("/srv", '"/srv/a", "/srv/b"'))).toEqual([
      clash("/srv", "/srv/a"),
    ]);
    expect(await messagesOf("store-inside-source", plan("/srv", '"/srv"'))).toEqual([clash("/srv", "/srv")]);
    expect(await messagesOf("store-inside-source", plan("/srv2", '"/srv"'))).toEqual([]);
    expect(await messagesOf("store-inside-source", plan("/srv", '"/srv2"'))).toEqual([]);
    expect(await placesOf("store-inside-source", plan("/srv", '"/"'))).toEqual([
      'files("notes" copies.0',
      'files("notes" copies.1',
    ]);
  });

  it("looks at the asset's own host only", async () => {
    expect(await messagesOf("store-inside-source", plan("/srv", '"/srv"', "on: web,"))).toHaveLength(1);
    expect(await messagesOf("store-inside-source", plan("/srv", '"/srv"', "on: nas,"))).toEqual([]);
  });

  it("knows where other kinds have their data", async () => {
    const database = `const web = host("web");
const disk = directory("disk", { path: "/var/lib" });
export default plan("shop", { assets: [sqlite("orders", { on: web, path: "/var/lib/shop/orders.db", schedule: daily("02:00"), copies: [disk] })] });
`;
    expect(await messagesOf("store-inside-source", database)).toHaveLength(1);
  });
});
