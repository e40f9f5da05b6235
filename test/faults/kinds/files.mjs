/** A directory. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestTar, digestTree } from "./tools.mjs";

/** People's paths have spaces. */
const path = (place) => join(place, "live/my data");

export const files = {
  name: "files",
  type: "files",
  import: "files",
  asset: (place) => `files("thing", { ...common, paths: [${JSON.stringify(path(place))}] })`,
  /** Content, and which files there are, differ each time. */
  write(place, version) {
    const live = path(place);
    rmSync(live, { recursive: true, force: true });
    mkdirSync(join(live, `only-in-${version}`), { recursive: true });
    writeFileSync(join(live, "same"), "the same each time\n");
    writeFileSync(join(live, "other"), `version ${version}\n`);
    writeFileSync(join(live, `only-in-${version}`, "a name\nof two lines"), Buffer.alloc(20_000, version));
  },
  look: (place) => digestTree(path(place)),
  read: (payloads, scratch, place) => digestTar(payloads.get("files.tar"), scratch, path(place)),
};
