/**
 * `npm test`: sets up what it needs and runs every suite. With words as arguments, only the steps whose names hold one of them:
 *
 *     npm test -- vitest          npm test -- bats/mysql
 *
 * A step that could not run is a failure, and so is a skipped test: what was not tried was not proven.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, setUp } from "../compiler/build/setup.mjs";

/** Debian packages of the tools and servers that the tests use, by a program that each brings. */
const PACKAGES = {
  shellcheck: "shellcheck",
  shfmt: "shfmt",
  sqlite3: "sqlite3",
  mariadbd: "mariadb-server",
  mariadb: "mariadb-client",
  etcd: "etcd-server",
  etcdctl: "etcd-client",
  "redis-server": "redis-server",
  "redis-cli": "redis-tools",
  // No program: a module, seen from the folder of the programs.
  "../lib/redis/modules/redisearch.so": "redis-redisearch",
  pg_ctlcluster: "postgresql",
  "clickhouse-server": "clickhouse-server",
  "clickhouse-client": "clickhouse-client",
  zstd: "zstd",
  gzip: "gzip",
  age: "age",
  openssl: "openssl",
  curl: "curl",
  cron: "cron",
  tmux: "tmux",
  script: "bsdutils",
  faketime: "faketime",
  strace: "strace",
  fuser: "psmisc",
  lsof: "lsof",
  setfacl: "acl",
  setfattr: "attr",
  flock: "util-linux",
  busybox: "busybox",
  bsdtar: "libarchive-tools",
  "original-awk": "original-awk",
  python3: "python3",
  ps: "procps",
  ip: "iproute2",
  ssh: "openssh-client",
  sshd: "openssh-server",
  aws: "awscli",
  radosgw: "radosgw",
  "ceph-mon": "ceph-mon",
  "ceph-osd": "ceph-osd",
  "ceph-mgr": "ceph-mgr",
  restic: "restic",
  rclone: "rclone",
  time: "time",
  kubectl: "kubernetes-client",
  jq: "jq",
  // What test/cluster needs to build Kubernetes from Debian's source, and to run it.
  "dpkg-source": "dpkg-dev",
  "../lib/go-1.19/bin/go": "golang-1.19-go",
  gcc: "gcc",
  "../include/stdio.h": "libc6-dev",
  containerd: "containerd",
  runc: "runc",
  "../lib/cni/loopback": "containernetworking-plugins",
  conntrack: "conntrack",
  ethtool: "ethtool",
  socat: "socat",
  iptables: "iptables",
};

/**
 * The longest suites, which begin first, so that none of them is left over at the end; and before them those that have a Kubernetes, which
 * takes a fifth of a core while it has nothing to do, and is stopped after the last of those that share it.
 */
const LONGEST = [
  "volume",
  "velero",
  "kubernetes-resources",
  "cluster-restore",
  "s3",
  "mysql",
  "postgres",
  "files",
  "trouble",
  "copies",
  "mysql-log",
  "intruder",
  "clickhouse",
  "vault",
];

const onDebian = existsSync("/usr/bin/apt-get");
/** Where Debian's packages put programs. */
const DEBIAN_FOLDERS = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
// npm puts node_modules/.bin first, where its own `shellcheck` would hide Debian's, as a version manager's shims hide its `aws` and
// `python3`; and sbin, where servers lie, may be missing.
const inherited = process.env.PATH.split(":").filter((folder) => !folder.includes("node_modules"));
process.env.PATH = [
  ...new Set(
    onDebian
      ? [dirname(process.execPath), ...DEBIAN_FOLDERS, ...inherited]
      : [...inherited, "/usr/sbin", "/sbin"],
  ),
].join(":");

const wanted = process.argv.slice(2);
const started = Date.now();
setUp();
installPackages();

const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

const selected = steps().filter(
  (step) => wanted.length === 0 || wanted.some((word) => step.name.includes(word)),
);
if (selected.length === 0) {
  process.stderr.write(
    `no step is named ${wanted.join(" or ")}; there are: ${steps()
      .map((step) => step.name)
      .join(", ")}\n`,
  );
  process.exit(2);
}
const cluster = mkdtempSync(join(tmpdir(), "lifeboat-cluster-"));
process.on("exit", stopCluster);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
await runSteps(selected);

const seconds = Math.round((Date.now() - started) / 1000);
if (failures.length > 0) process.stdout.write(`\nFailed:\n${failures.map((each) => `  ${each}\n`).join("")}`);
process.stdout.write(
  `\nTook ${seconds} s.\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
);
process.exit(totals.failed > 0 || totals.skipped > 0 || totals.passed === 0 ? 1 : 0);

/** Everything that is run, in the order in which a failure is cheapest to learn of. */
function steps() {
  const bin = (name) => join(root, "node_modules", ".bin", name);
  const isScript = (file) => file.endsWith(".sh");
  const bash = ["templates", "generated", "test/cluster"].flatMap((folder) => filesBelow(folder, isScript));
  const batsFiles = filesBelow("test/bats", (file) => file.endsWith(".bats"));
  const helpers = filesBelow("test/bats", (file) => file.endsWith(".bash"));
  const lifeboat = join(root, "dist/lifeboat.mjs");
  return [
    { name: "types", command: [bin("tsc"), "--noEmit"] },
    { name: "biome", command: [bin("biome"), "check", "--error-on-warnings", "."] },
    { name: "shfmt", command: ["shfmt", "-d", "-i", "2", "-ci", ...bash, ...helpers, ...batsFiles] },
    { name: "no-global-disable", run: () => noGlobalDisable(bash) },
    // And clean: test/templates.test.ts has every function of every script checked.
    {
      name: "generated-is-fresh",
      command: [
        process.execPath,
        lifeboat,
        "build",
        "plans/reference.plan.ts",
        "--check",
        "--shellcheck",
        "off",
      ],
    },
    { name: "vitest", vitest: true },
    // A sample of what `npm run test:faults` tries everywhere.
    { name: "faults/run", counted: [process.execPath, join(root, "test/faults/run.mjs"), "--short"] },
    {
      name: "faults/strings",
      counted: [process.execPath, join(root, "test/faults/strings.mjs"), "--count", "400", "--only", "files"],
    },
    { name: "faults/sets", counted: [process.execPath, join(root, "test/faults/sets.mjs"), "--count", "60"] },
    ...batsFiles
      .map((file) => ({ name: file.replace(/^test\//, "").replace(/\.bats$/, ""), bats: file }))
      .sort((a, b) => rank(a.name) - rank(b.name)),
  ];
}

function rank(name) {
  const place = LONGEST.indexOf(name.replace("bats/", ""));
  return place === -1 ? LONGEST.length : place;
}

function filesBelow(folder, accept) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && accept(entry.name))
    .map((entry) => join(entry.parentPath.slice(root.length + 1), entry.name))
    .sort();
}

/** A disable at the top of a file, before its first command, would hold for the whole file. */
function noGlobalDisable(files) {
  const guilty = files.filter((file) => {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    const first = lines.findIndex((line) => line.trim() !== "" && !line.startsWith("#"));
    // A directive right above a function or a constant holds for that one only.
    return lines.slice(0, first - 1).some((line) => /^#\s*shellcheck\s+disable/.test(line));
  });
  return {
    status: guilty.length === 0 ? 0 : 1,
    output: guilty.map((file) => `${file}: a disable for the whole file\n`).join(""),
  };
}

/** Runs one step more at once than there are cores, since most wait at times; each prints its output whole, when it ends. */
async function runSteps(list) {
  const queue = [...list];
  const left = new Set(list.filter((step) => step.bats && sharesCluster(step.bats)));
  const worker = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      await runStep(step);
      if (left.delete(step) && left.size === 0) stopCluster();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
}

async function runStep(step) {
  const began = Date.now();
  const counts = step.bats
    ? await runBats(step.bats)
    : step.vitest
      ? await runVitest()
      : step.counted
        ? await runCounted(step.counted)
        : await runCommand(step);
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
  const bad = counts.failed > 0 || counts.skipped > 0;
  if (bad) failures.push(`${step.name}: ${counts.failed} failed, ${counts.skipped} skipped`);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  process.stdout.write(
    `${bad ? "✗" : "✓"} ${step.name}  ${counts.passed} passed${bad ? `, ${counts.failed} failed, ${counts.skipped} skipped` : ""}  ${seconds} s\n`,
  );
  // The three that took longest are where time can be saved.
  if (step.bats && !bad) process.stdout.write(slowest(counts.output));
  // What ran against a stub, for want of the real thing, is said also when it passed.
  for (const [note] of counts.output.matchAll(/^# .*: STUB$/gm)) process.stdout.write(`    ${note}\n`);
  if (bad || process.env.VERBOSE) process.stdout.write(counts.output.replace(/^/gm, "    "));
}

/** The tests of a suite that took longest, where that was longer than half a minute. */
function slowest(output) {
  return [...output.matchAll(/^ok \d+ (.*) in (\d+)ms$/gm)]
    .map(([, name, ms]) => ({ name, seconds: Math.round(Number(ms) / 1000) }))
    .filter(({ seconds }) => seconds > 30)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 3)
    .map(({ name, seconds }) => `      ${seconds} s  ${name}\n`)
    .join("");
}

function sharesCluster(file) {
  const suite = readFileSync(join(root, file), "utf8");
  return /^load lib\/kubernetes$/m.test(suite) && !suite.includes("unset LIFEBOAT_CLUSTER");
}

/** The Kubernetes that suites share: the first that needs it started it, if any did. */
function stopCluster() {
  if (existsSync(join(cluster, "ports")))
    spawnSync(join(root, "test/cluster/cluster.sh"), ["down", cluster, "--wipe"], { stdio: "inherit" });
  rmSync(cluster, { recursive: true, force: true });
}

async function runCommand(step) {
  const { status, output } = step.run ? step.run() : await capture(step.command);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0, output };
}

/** A suite of our own, which ends with `N passed, N failed, N skipped`. One that does not get there has failed. */
async function runCounted(command) {
  const { status, output } = await capture(command);
  const line = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output);
  const [passed, failed, skipped] = (line ?? []).slice(1).map(Number);
  return {
    passed: passed ?? 0,
    failed: failed || (status === 0 && line !== null ? 0 : 1),
    skipped: skipped ?? 0,
    output,
  };
}

async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), "lifeboat-vitest-"));
  const file = join(folder, "result.json");
  const { status, output } = await capture([
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const result = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  rmSync(folder, { recursive: true, force: true });
  const failed = result?.numFailedTests ?? 1;
  return {
    passed: result?.numPassedTests ?? 0,
    // Vitest can fail without a failed test: a suite that does not load, a type test that does not hold.
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0),
    output,
  };
}

async function runBats(file) {
  const { status, output } = await capture(
    [
      join(root, "node_modules/bats/bin/bats"),
      ...["--formatter", "tap", "--timing", "--print-output-on-failure"],
      // What takes long and is a variant of what another test shows: npm run test:long
      ...(process.env.LIFEBOAT_LONG ? [] : ["--filter-tags", "!long"]),
      file,
    ],
    { BATS_LIB_PATH: join(root, "node_modules"), LIFEBOAT_CLUSTER: cluster },
  );
  const lines = output.split("\n");
  const planned = Number(/^1\.\.(\d+)/m.exec(output)?.[1] ?? 0);
  const skipped = lines.filter((line) => /^ok .* # skip/.test(line)).length;
  const passed = lines.filter((line) => /^ok /.test(line)).length - skipped;
  // What was planned and neither passed nor was skipped has failed, also when the whole run died.
  const failed = Math.max(
    planned - passed - skipped,
    status !== 0 && passed + skipped === planned ? 1 : 0,
    planned === 0 ? 1 : 0,
  );
  return { passed, failed, skipped, output };
}

function capture([program, ...args], environment = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => resolve({ status: 127, output: `${output}${program}: ${error.message}\n` }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

function has(program) {
  const folders = onDebian ? DEBIAN_FOLDERS : process.env.PATH.split(":");
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}

/** Installs what is missing on Debian as root; elsewhere says what to install, and ends. */
function installPackages() {
  const missing = Object.keys(PACKAGES).filter((program) => !has(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))];
  if (process.getuid?.() !== 0 || !onDebian) {
    process.stderr.write(
      `The tests run real servers and tools. Missing: ${missing.join(", ")}\nOn Debian: apt-get install ${packages.join(" ")}\n`,
    );
    process.exit(1);
  }
  process.stdout.write(`Installing Debian packages: ${packages.join(" ")} …\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    const result = spawnSync("apt-get", args, { env: environment, encoding: "utf8" });
    if (result.status !== 0) {
      process.stderr.write(`apt-get ${args.join(" ")} failed:\n${result.stdout}${result.stderr}`);
      process.exit(1);
    }
  }
}
