import { describe, expect, it } from "vitest";
import { messagesOf, placesOf } from "../../lib/findings.ts";

describe("repeated-copy", () => {
  it("finds each store that is named again, however that is said", async () => {
    const copies = (list: string) =>
      `const web = host("web");
const [disk, second] = [directory("disk", { path: "/backup" }), directory("second", { path: "/second" })];
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [${list}] })] });
`;
    expect(await messagesOf("repeated-copy", copies("disk, second"))).toEqual([]);
    expect(await messagesOf("repeated-copy", copies("disk, second, disk"))).toEqual([
      "copies of asset 'notes' names store 'disk' twice",
    ]);
    expect(await placesOf("repeated-copy", copies("disk, disk, copy(disk, {})"))).toEqual([
      'files("notes" copies.1',
      "copy(disk",
    ]);
  });
});
