import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("host-cycle", () => {
  /** Hosts by name, each with the one that it runs on; a name stands in for a host that is made later. */
  const told = async (hosts: { readonly [id: string]: string | undefined }) => {
    const made = Object.entries(hosts).map(([id, on]) =>
      on === undefined ? `host("${id}")` : `host("${id}", { runsOn: "${on}" as never })`,
    );
    const source = `const web = host("web");
const disk = directory("disk", { path: "/backup" });
const notes = files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [disk], keep: keep({ last: 3 }) });
export default plan("shop", { assets: [notes], hosts: [${made.join(", ")}] });
`;
    return (await toldBy("host-cycle", source)).map(({ message, at }) => [message, at]);
  };

  it("is silent while the outermost host runs on nothing", async () => {
    expect(await told({ a: "b", b: "c", c: "web" })).toEqual([]);
    expect(await told({ a: "web", b: "web" })).toEqual([]);
  });

  it("finds a host on itself", async () => {
    expect(await told({ vm: "vm" })).toEqual([["host 'vm' runs on itself: vm → vm", '"vm" as never']]);
  });

  it("tells of a longer circle once, from the first host of it", async () => {
    expect(await told({ a: "b", b: "c", c: "a" })).toEqual([
      ["host 'a' runs on itself: a → b → c → a", '"b" as never'],
    ]);
  });

  it("tells of each circle, and not of what merely runs on one", async () => {
    expect(await told({ outside: "a", further: "outside", a: "b", b: "a", c: "d", d: "c" })).toEqual([
      ["host 'a' runs on itself: a → b → a", '"b" as never'],
      ["host 'c' runs on itself: c → d → c", '"d" as never'],
    ]);
  });
});
