/** A real MariaDB: the whole server, whose data directory a restore swaps, or one database, which a restore replaces in the server. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, writeService } from "./tools.mjs";

const socketOf = (place) => join(place, "s");

function sql(place, text) {
  const result = spawnSync("mariadb", [`--defaults-file=${place}/client.cnf`, "-BN", "-e", text], {
    encoding: "utf8",
  });
  return result.status === 0 ? result.stdout : `unreadable: ${result.stderr}`;
}

/** The rows that a dump's statements would insert into a table. */
function rowsIn(dump, table) {
  const rows = [];
  for (const [, values] of dump.matchAll(new RegExp(`INSERT INTO \`${table}\` VALUES([^;]*);`, "g")))
    for (const [, id, text] of values.matchAll(/\((\d+),'([^']*)'\)/g)) rows.push(`${id}\t${text}\n`);
  return rows.join("");
}

const kind = (name, databases, settings) => ({
  name,
  type: "mysql",
  import: "mysql, commands, secretFile",
  asset: (place) => `mysql("thing", {
    ...common, databases: ${JSON.stringify(databases)}, credentials: secretFile("${place}/client.cnf"),
    dataDirectory: ${JSON.stringify(join(place, "live/data"))}, serverUser: "root", ${settings(place)}
  })`,
  begin(place) {
    mkdirSync(join(place, "live"), { recursive: true });
    must("mariadb-install-db", [
      "--no-defaults",
      `--datadir=${place}/live/data`,
      "--user=root",
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      "--skip-name-resolve",
      "--innodb-log-file-size=4M",
    ]);
    writeFileSync(join(place, "client.cnf"), `[client]\nuser=root\nsocket=${socketOf(place)}\n`, {
      mode: 0o600,
    });
    writeService(
      join(place, "service"),
      place,
      `/usr/sbin/mariadbd --no-defaults --datadir='${place}/live/data' --socket='${socketOf(place)}' --user=root --skip-networking --innodb-log-file-size=4M --innodb-buffer-pool-size=16M --loose-performance-schema=OFF --innodb-flush-log-at-trx-commit=0`,
      `mariadb-admin --no-defaults --socket='${socketOf(place)}' ping`,
    );
  },
  write(place, version) {
    const text = sql(
      place,
      `TRUNCATE mysql.help_topic; TRUNCATE mysql.help_keyword; TRUNCATE mysql.help_relation; TRUNCATE mysql.help_category;
       DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop; CREATE TABLE sold (id INT PRIMARY KEY, what VARCHAR(99));
       INSERT INTO sold VALUES (1, 'version ${version}'), (2, 'same'), (${10 + version}, 'only here')`,
    );
    if (text !== "") throw new Error(text);
  },
  look: (place) => sql(place, "SELECT id, what FROM shop.sold ORDER BY id"),
  read(payloads) {
    const dump = payloads.get("dump.sql").toString();
    if (!/^-- Dump completed/m.test(dump)) return "the dump has no end";
    return rowsIn(dump, "sold");
  },
});

export const mysql = kind(
  "mysql",
  "all",
  (place) =>
    `service: commands({ start: ["${place}/service", "start"], stop: ["${place}/service", "stop"], status: ["${place}/service", "status"] }),`,
);
export const mysqlSome = kind("mysql-some", ["shop"], () => "");
