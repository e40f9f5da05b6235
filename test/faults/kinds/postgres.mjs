/** A real PostgreSQL, whose databases a restore replaces while it runs. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, writeService } from "./tools.mjs";

const programs = () => `/usr/lib/postgresql/${readdirSync("/usr/lib/postgresql").sort().at(-1)}/bin`;
const userId = (option) => Number(must("id", [option, "postgres"]));
const AS_POSTGRES = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--"];

function sql(place, database, ...statements) {
  const result = spawnSync(
    join(programs(), "psql"),
    ["-XwqAt", "-h", place, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1"].concat(
      statements.flatMap((text) => ["-c", text]),
    ),
    { encoding: "utf8" },
  );
  return result.status === 0 ? result.stdout : `unreadable: ${result.stderr}`;
}

export const postgres = {
  name: "postgres",
  type: "postgres",
  import: "postgres",
  asset: (place) =>
    `postgres("thing", { ...common, databases: "all", login: { user: "postgres", socketDirectory: ${JSON.stringify(place)} } })`,
  begin(place) {
    mkdirSync(join(place, "live"), { recursive: true });
    for (const folder of [place, join(place, "live")]) chownSync(folder, userId("-u"), userId("-g"));
    for (let folder = place; folder !== "/tmp" && folder !== "/"; folder = join(folder, ".."))
      chmodSync(folder, 0o755);
    must("setpriv", [
      ...AS_POSTGRES,
      join(programs(), "initdb"),
      "-D",
      join(place, "live/data"),
      ..."-U postgres --locale=C --encoding=UTF8 --wal-segsize=1 --no-sync --auth=trust".split(" "),
    ]);
    writeFileSync(join(place, "log"), "");
    writeService(
      join(place, "service"),
      place,
      `setpriv ${AS_POSTGRES.join(" ")} ${programs()}/postgres -D '${place}/live/data' -c listen_addresses= -c 'unix_socket_directories=${place}' -c fsync=off -c shared_buffers=16MB -c max_wal_size=32MB -c min_wal_size=2MB`,
      `${programs()}/pg_isready -q -h '${place}'`,
    );
  },
  write(place, version) {
    sql(place, "postgres", "DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop");
    const text = sql(
      place,
      "shop",
      "CREATE TABLE sold (id int PRIMARY KEY, what text)",
      `INSERT INTO sold VALUES (1, 'version ${version}'), (2, 'same'), (${10 + version}, 'only here')`,
    );
    if (text !== "") throw new Error(text);
  },
  look: (place) => sql(place, "shop", "COPY (SELECT * FROM sold ORDER BY id) TO stdout"),
  read(payloads, scratch) {
    for (const [name, raw] of payloads) {
      if (!/^database-\d+\.dump$/.test(name)) continue;
      writeFileSync(join(scratch, name), raw);
      const text = must(join(programs(), "pg_restore"), ["-f", "-", join(scratch, name)]);
      const rows = /^COPY public\.sold .*;\n([\s\S]*?)^\\\.$/m.exec(text);
      if (rows) return rows[1];
    }
    return "no database holds the table";
  },
};
