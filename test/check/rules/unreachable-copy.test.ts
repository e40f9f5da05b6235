import { describe, expect, it } from "vitest";
import { foundBy, messagesOf } from "../../lib/findings.ts";

describe("unreachable-copy", () => {
  const plan = (nas: string, more = "") => `${more.includes("mac") ? 'const mac = host("mac");' : ""}
const web = host("web"${more.includes("mac") ? ', { runsOn: mac, reach: multipass("web") }' : ""});
const nas = host("nas", { ${nas} });
const disk = directory("disk", { path: "/backup" });
const far = directory("far", { on: nas, path: "/backup" });
const further = directory("further", { on: host("deep"), path: "/backup" });
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [disk, far${more.includes("further") ? ", further" : ""}] })] });
`;

  it("wants a way from either end", async () => {
    expect(await messagesOf("unreachable-copy", plan('reach: ssh({ address: "10.0.0.7" })'))).toEqual([]);
    const [found, ...others] = await foundBy("unreachable-copy", plan(""));
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      message:
        "nothing brings sets of asset 'notes' to store 'far': 'nas' cannot reach 'web', nor 'web' 'nas'",
      fix: "say how 'nas' reaches host 'web': reach: ssh({ address: \"…\" })",
    });
    expect(found?.target?.path).toEqual(["copies", 1]);
  });

  it("knows that only its own machine reaches a Multipass VM", async () => {
    expect(await messagesOf("unreachable-copy", plan("", "mac"))).toEqual([
      "nothing brings sets of asset 'notes' to store 'far': 'web' is a Multipass VM, which only the machine it runs on can reach, and that is not 'nas'",
    ]);
  });

  it("tells of each copy from where that one would come", async () => {
    expect(await messagesOf("unreachable-copy", plan("", "further"))).toHaveLength(2);
  });
});
