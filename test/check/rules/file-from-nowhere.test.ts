import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("file-from-nowhere", () => {
  const reads = (file: string, after = "") =>
    `run(["sh", "it.sh"], { id: "reader", on: nas, takes: "1m", ${after} reads: [${file}] }),`;
  const writes = (file: string, after = "") =>
    `run(["cp", "it.sh"], { id: "writer", on: nas, takes: "1m", ${after} writes: [${file}] }),`;
  const told = async (steps: string, parts = {}) =>
    (await toldBy("file-from-nowhere", disaster({ loses: "", ...parts, steps: `\n${steps}\n` }))).map(
      ({ message, at }) => [message, at],
    );
  const problem = (file: string, what: string) => `scenario 'lost': step 'reader' reads ${file}: ${what}`;
  const nobody = "no step before it has put it there";

  it.each(["/tmp/it.sh", "/var/tmp/it.sh", "/run/it.sh", "/dev/shm/it.sh"])(
    "wants a step that writes %s, which outlives no restart",
    async (path) => {
      const file = `fileOn(nas, "${path}")`;
      expect(await told(reads(file))).toEqual([[problem(`${path} on 'nas'`, nobody), "fileOn"]]);
      expect(await told(`${writes(file)}\n${reads(file)}`)).toEqual([]);
    },
  );

  it.each(["/etc/it.sh", "/srv/tmp/it.sh", "/tmpfiles/it.sh"])(
    "takes %s for a file that was there, while the host is",
    async (path) => {
      const file = `fileOn(web, "${path}")`;
      expect(await told(reads(file))).toEqual([]);
      expect(await told(reads(file), { loses: "web" })).toEqual([
        [
          problem(`${path} on 'web'`, "'web' is lost, and no step before it writes that file there"),
          "fileOn",
        ],
      ]);
      expect(await told(`${writes(file)}\n${reads(file)}`, { loses: "web" })).toEqual([]);
    },
  );

  it("counts only what is written at that path of that host, and says where else it is", async () => {
    const file = 'fileOn(nas, "/tmp/it.sh")';
    expect(await told(`${writes('fileOn(nas, "/tmp/it")')}\n${reads(file)}`)).toEqual([
      [problem("/tmp/it.sh on 'nas'", nobody), "fileOn"],
    ]);
    expect(await told(`${writes('fileOn(web, "/tmp/it.sh")')}\n${reads(file)}`)).toEqual([
      [problem("/tmp/it.sh on 'nas'", `${nobody}, only on 'web'`), "fileOn"],
    ]);
  });

  it("counts what is written by any step before it, and not by one beside it or after it", async () => {
    const file = 'fileOn(nas, "/tmp/it.sh")';
    const between = 'manual("Look", { id: "look", takes: "1m" }),';
    expect(await told(`${writes(file)}\n${between}\n${reads(file)}`)).toEqual([]);
    expect(await told(`${writes(file)}\n${reads(file, "after: [],")}`)).toHaveLength(1);
    expect(await told(`${reads(file)}\n${writes(file)}`)).toHaveLength(1);
    expect(await told(`${reads(file, 'after: ["writer"],')}\n${writes(file, "after: [],")}`)).toEqual([]);
  });

  it("knows what is in a store that is left, on the store's own host", async () => {
    const temporary = 'const scratch = directory("scratch", { on: nas, path: "/tmp/sets" });';
    const parts = { before: temporary, copies: "disk, scratch" };
    const inside = 'fileOn(nas, "/tmp/sets/it.tar")';
    expect(await told(reads(inside), parts)).toEqual([]);
    expect(await told(reads('fileOn(nas, "/tmp/sets2/it.tar")'), parts)).toHaveLength(1);
    expect(await told(reads('fileOn(web, "/tmp/sets/it.tar")'), parts)).toHaveLength(1);
    expect(await told(reads(inside), { ...parts, loses: "scratch" })).toHaveLength(1);
  });

  it("tells of every file that is missing, and of nothing else that is wrong", async () => {
    const two = reads('fileOn(nas, "/tmp/one"), fileOn(nas, "/etc/hosts"), fileOn(nas, "/tmp/two")');
    expect((await told(two)).map(([message]) => message)).toEqual([
      problem("/tmp/one on 'nas'", nobody),
      problem("/tmp/two on 'nas'", nobody),
    ]);
    expect(await told("restore(notes)", { loses: "web" })).toEqual([]);
  });
});
