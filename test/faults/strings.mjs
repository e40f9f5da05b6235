/**
 * Hostile strings as real objects in real servers: `node test/faults/strings.mjs --count 50000 --seed 7 [--only files]`. Names of files and targets of
 * links, keys and values, names of tables and databases, rows, values in a state: backed up, verified in full, drilled, lost, restored,
 * and compared by this program's own reading. A canary tells whether any of them was ever carried out.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestTree, must, sha256 } from "./kinds/tools.mjs";
import { base, command, environment, makeWorld, seeded } from "./world.mjs";

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const count = argument("count", 3000);
const seed = argument("seed", 1);
const random = seeded(seed);
const pick = (list) => list[Math.floor(random() * list.length)];
const canary = join(base, "canary");
const began = Date.now();

/** What shells, clients, archives and parsers trip over; strings are made of these. */
const PARTS = [
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `; touch ${canary};`,
  `| touch ${canary}`,
  `a[$(touch ${canary})]`,
  "$HOME",
  "${IFS}",
  "!!",
  "~root",
  "-rf",
  "--",
  "--checkpoint-action=exec=false",
  "*",
  "?",
  "[a-z]",
  "{1..3}",
  "'",
  '"',
  "''",
  '"; --',
  "\\",
  "\\\\",
  "\\n",
  "\n",
  "\r\n",
  "\t",
  " ",
  "  ",
  "%",
  "%s",
  "%0A",
  "%%",
  "&",
  "<",
  ">",
  "#",
  "=",
  ",",
  ".",
  "..",
  ".lifeboat-",
  "-- Dump completed",
  "INSERT INTO `x` VALUES (1);",
  "\\.",
  "$$",
  "E'\\''",
  "NULL",
  "0",
  "é",
  "e\u0301",
  "백업",
  "😀",
  "\u00a0",
  "\u2028",
  "\u202e",
  "\u001b[31m",
  "\u0001",
  "\u007f",
  "x".repeat(60),
];

/** A string of at most so many bytes; without some characters. */
function hostile(bytes, without = "") {
  for (;;) {
    let text = "";
    for (let n = 1 + Math.floor(random() * 6); n > 0; n--) text += pick(PARTS);
    for (const character of without) text = text.replaceAll(character, "_");
    if (text !== "" && Buffer.byteLength(text) <= bytes) return text;
  }
}

/** That many, each another. `same` tells what counts as the same. */
function many(number, bytes, without, same = (text) => text) {
  const all = new Map();
  while (all.size < number) {
    const text = hostile(bytes, without) + (all.size % 2 ? "" : all.size);
    all.set(same(text), text);
  }
  return [...all.values()];
}

const client = (program, args, input) =>
  must(program, args, { input, env: { ...process.env, ETCDCTL_API: "3" } });

/** How each kind takes so many strings, is read, and loses everything. */
const KINDS = {
  files: {
    share: 0.4,
    fill({ place }, number) {
      const live = join(place, "live/my data");
      let made = 0;
      for (const [index, name] of many(number, 200, "/").entries()) {
        const folder = join(live, `${index % 20}`);
        mkdirSync(folder, { recursive: true });
        const path = join(folder, name === "." || name === ".." ? "dots" : name);
        if (existsSync(path)) continue;
        made++;
        if (index % 10 === 0) symlinkSync(name, path);
        else if (index % 10 === 1) mkdirSync(path);
        else writeFileSync(path, name);
      }
      return made;
    },
    look: ({ place }) => digestTree(join(place, "live/my data")),
    lose: ({ place }) => rmSync(join(place, "live/my data"), { recursive: true }),
  },
  sqlite: {
    share: 0.1,
    fill({ place }, number) {
      const names = many(Math.ceil(number / 10), 100, "\0", (text) => text.toLowerCase());
      const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
      client(
        "sqlite3",
        [join(place, "live/my data")],
        `begin;${quoted.map((name) => `create table ${name} (${name}); insert into ${name} values (1);`).join("")}
        create table texts (t);${many(number - names.length, 400)
          .map((text) => `insert into texts values (cast(x'${Buffer.from(text).toString("hex")}' as text));`)
          .join("")}commit;`,
      );
    },
    look: ({ place }) =>
      must("sqlite3", [
        join(place, "live/my data"),
        "select hex(name), hex(sql) from sqlite_schema; select rowid, hex(t) from texts",
      ]),
    lose: ({ place }) => rmSync(join(place, "live/my data")),
  },
  redis: {
    share: 0.2,
    fill({ place }, number) {
      const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
      const commands = many(number, 400).map((text) => `*3\r\n${bulk("SET")}${bulk(text)}${bulk(text)}`);
      client("redis-cli", ["-s", join(place, "s"), "--pipe"], commands.join(""));
    },
    look: ({ place }) =>
      must("redis-cli", [
        "-s",
        join(place, "s"),
        "EVAL",
        "local keys = redis.call('KEYS', '*') table.sort(keys) local out = {} for i, key in ipairs(keys) do out[i] = redis.sha1hex(key .. '=' .. redis.call('GET', key)) end return #keys .. ' ' .. redis.sha1hex(table.concat(out))",
        "0",
      ]),
    lose: ({ place }) => must("redis-cli", ["-s", join(place, "s"), "FLUSHALL"]),
  },
  mysql: {
    share: 0.12,
    fill({ place }, number) {
      // MariaDB takes no name that ends with a space, and none beyond the first 65,536 characters.
      const names = many(Math.min(200, Math.ceil(number / 20)), 60, "\0", (text) =>
        text.trimEnd().toLowerCase().normalize(),
      )
        .map((name) => name.replace(/\p{Extended_Pictographic}/gu, "_").replace(/\s+$/, "."))
        .filter(
          (name, index, all) =>
            all.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === index,
        );
      const quoted = names.map((name) => `\`${name.replaceAll("`", "``")}\``);
      client(
        "mariadb",
        [`--defaults-file=${place}/client.cnf`, "--binary-mode", "--default-character-set=utf8mb4"],
        `SET NAMES utf8mb4; USE shop; ${quoted
          .map((name, index) =>
            index % 10 === 0
              ? `CREATE DATABASE ${name}; CREATE TABLE ${name}.${name} (${name} INT); INSERT INTO ${name}.${name} VALUES (1);\n`
              : `CREATE TABLE ${name} (${name} INT); INSERT INTO ${name} VALUES (${index});\n`,
          )
          .join("")}
        CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, t TEXT) CHARACTER SET utf8mb4;\n${many(
          number - names.length,
          400,
        )
          .map((text) => `INSERT INTO texts (t) VALUES (x'${Buffer.from(text).toString("hex")}');\n`)
          .join("")}`,
      );
    },
    look({ place }) {
      const ask = (text) =>
        must("mariadb", [
          `--defaults-file=${place}/client.cnf`,
          "--default-character-set=utf8mb4",
          "-BN",
          "-e",
          text,
        ]);
      const tables = ask(
        "SELECT HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN ('mysql','sys','information_schema','performance_schema') ORDER BY 1, 2, 3",
      );
      return tables + ask("SELECT id, HEX(t) FROM shop.texts ORDER BY id");
    },
    lose({ place }) {
      must("mariadb", [`--defaults-file=${place}/client.cnf`, "-e", "DROP DATABASE shop"]);
    },
  },
  postgres: {
    share: 0.12,
    fill({ place }, number) {
      const names = many(Math.min(200, Math.ceil(number / 20)), 60, "\0");
      const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
      const psql = (database, text) =>
        client(
          "psql",
          ["-XqAt", "-h", place, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1"],
          text,
        );
      psql(
        "shop",
        `${quoted.map((name, index) => `CREATE TABLE ${name} (${name} int); INSERT INTO ${name} VALUES (${index});\n`).join("")}
         CREATE TABLE texts (id serial PRIMARY KEY, t text);\n${many(number - names.length, 400)
           .map(
             (text) =>
               `INSERT INTO texts (t) VALUES (convert_from('\\x${Buffer.from(text).toString("hex")}', 'UTF8'));\n`,
           )
           .join("")}`,
      );
      for (const name of quoted.slice(0, 10)) psql("postgres", `CREATE DATABASE ${name};\n`);
    },
    look({ place }) {
      const ask = (database, text) =>
        must("psql", ["-XqAt", "-h", place, "-U", "postgres", "-d", database, "-c", text]);
      return (
        ask(
          "postgres",
          "SELECT encode(datname::text::bytea, 'hex') FROM (SELECT replace(datname, '\\', '\\\\') AS datname FROM pg_database WHERE datname !~ '_lifeboat_old_') d ORDER BY 1",
        ) +
        ask(
          "shop",
          "SELECT encode(convert_to(relname || '.' || attname, 'UTF8'), 'hex') FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 1",
        ) +
        ask("shop", "SELECT id, encode(convert_to(t, 'UTF8'), 'hex') FROM texts ORDER BY id")
      );
    },
    lose({ place }) {
      must("psql", [
        "-XqAt",
        "-h",
        place,
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-c",
        "DROP DATABASE shop WITH (FORCE)",
      ]);
    },
  },
  "terraform-state": {
    share: 0.06,
    fill({ place }, number) {
      // Read from a file: in a configuration Terraform would fill some of them in.
      rmSync(join(place, "live/infra/main.tf"), { force: true });
      writeFileSync(join(place, "live/infra/values.json"), JSON.stringify(many(number, 400)));
      writeFileSync(
        join(place, "live/infra/main.tf"),
        'resource "terraform_data" "hostile" {\n  input = jsondecode(file("values.json"))\n}\n',
      );
      must("terraform", [`-chdir=${place}/live/infra`, "init", "-no-color"]);
      must("terraform", [`-chdir=${place}/live/infra`, "apply", "-auto-approve", "-no-color"]);
    },
    look: ({ place }) => {
      const text = must("terraform", [`-chdir=${place}/live/infra`, "state", "pull"]);
      return sha256(JSON.stringify(JSON.parse(text).resources));
    },
    lose: ({ place }) => rmSync(join(place, "live/infra/terraform.tfstate")),
  },
};

let passed = 0;
const failures = [];
process.stdout.write(
  "\n| hostile strings as | tried | backed up, verified, drilled, lost, restored, the same |\n|---|---|---|\n",
);
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : "";
for (const [name, kind] of Object.entries(KINDS)) {
  if (only !== "" && only !== name) continue;
  const { number, wrong } = tryKind(name, kind, Math.max(20, Math.floor(count * kind.share)));
  if (wrong === "") passed += number;
  else failures.push(`${name}: ${wrong}`);
  process.stdout.write(`| ${name} | ${number} | ${wrong === "" ? number : `no: ${wrong}`} |\n`);
}
process.stdout.write(`\nSeed ${seed}, ${Math.round((Date.now() - began) / 1000)} s.\n`);
process.stdout.write(`${passed} passed, ${failures.length} failed, 0 skipped\n`);
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;

/** How many strings a kind took, and what is wrong with what came back, if anything. */
function tryKind(name, kind, wanted) {
  const world = makeWorld(name, 0);
  // One that cannot take some of them says how many it has.
  const number = kind.fill(world, wanted) ?? wanted;
  return { number, wrong: cameBack(world, kind) };
}

function cameBack(world, kind) {
  const before = kind.look(world);
  for (const [verb, ...more] of [["backup"], ["verify", "--deep"], ["drill"], ["restore"]]) {
    if (verb === "restore") kind.lose(world);
    const [program, ...args] = command(world, verb);
    const result = spawnSync(program, [...(verb === "verify" ? [] : args), ...more], {
      encoding: "utf8",
      env: environment(),
    });
    if (existsSync(canary)) return `something was carried out by ${verb}`;
    if (result.status !== 0)
      return `${verb} ended with ${result.status}: ${result.stderr.trim().slice(0, 500)}`;
  }
  const after = kind.look(world);
  if (before === after) return "";
  const lines = after.split("\n");
  const at = before.split("\n").findIndex((line, index) => line !== lines[index]);
  return `the first difference is in line ${at}: ${before.split("\n")[at]} became ${lines[at]}`;
}
