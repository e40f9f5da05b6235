/** One SQLite database. */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./tools.mjs";

const path = (place) => join(place, "live/my data");

function rowsOf(file) {
  if (!existsSync(file)) return "gone";
  const rows = spawnSync("sqlite3", [file, "select rowid, quote(a) from t; pragma integrity_check"], {
    encoding: "utf8",
  });
  return rows.status === 0 ? rows.stdout : `unreadable: ${rows.stderr}`;
}

export const sqlite = {
  name: "sqlite",
  type: "sqlite",
  import: "sqlite",
  asset: (place) => `sqlite("thing", { ...common, path: ${JSON.stringify(path(place))} })`,
  write(place, version) {
    must("sqlite3", [
      path(place),
      `drop table if exists t; create table t (a); insert into t values (${version}), ('row'), (null);`,
    ]);
  },
  look: (place) => rowsOf(path(place)),
  read(payloads, scratch) {
    const file = join(scratch, "data");
    writeFileSync(file, [...payloads.values()][0]);
    return rowsOf(file);
  },
};
