import { describe, expect, it } from "vitest";
import { lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("file-from-nowhere", () => {
  const reading = (step: string) =>
    lostHost(
      `rebuild(web, { id: "machine", takes: "20m" }), restore(notes, { after: ["machine"] }), ${step}
       run(["sh", "/tmp/after.sh"], { on: web, takes: "1m", reads: [fileOn(web, "/tmp/after.sh")] })`,
    );
  const copied = (path: string) =>
    `run(["scp", "after.sh", "web:/tmp"], { on: nas, takes: "1m", writes: [fileOn(web, "${path}")] }),`;

  it("wants a file that a step reads to have been written by one before it", async () => {
    expect(await messagesOf("file-from-nowhere", reading(copied("/tmp/after.sh")))).toEqual([]);
    expect(await messagesOf("file-from-nowhere", reading(copied("/tmp/other.sh")))).toEqual([
      "scenario 'lost': step 'run-sh-tmp-after-sh' reads /tmp/after.sh on 'web': 'web' is lost, and no step before it writes that file there",
    ]);
    expect(await placesOf("file-from-nowhere", reading(""))).toEqual(["fileOn(web"]);
  });

  it("is silent about steps that lack something else", async () => {
    expect(await messagesOf("file-from-nowhere", lostHost(undefined, { plan: "" }))).toEqual([]);
  });
});
