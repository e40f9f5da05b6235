/** What a first plan is made from. */
export interface FirstPlan {
  readonly name: string;
  readonly kind: string;
  readonly host: string;
  /** Where the data is; empty for kinds that are asked by their server. */
  readonly path: string;
  readonly store: string;
  readonly timeZone: string;
}

interface FirstKind {
  readonly name: string;
  /** Where such data usually is; empty: nobody is asked. */
  readonly path: string;
  /** What else its builders are called with, and which of the DSL that takes. */
  readonly imports: readonly string[];
  options(plan: FirstPlan): readonly string[];
}

/** The kinds that a plan can begin with: one host, no cluster. */
export const firstKinds: readonly FirstKind[] = [
  {
    name: "files",
    path: "/srv",
    imports: [],
    options: ({ path }) => [`paths: [${JSON.stringify(path)}],`],
  },
  {
    name: "sqlite",
    path: "/srv/app/app.db",
    imports: [],
    options: ({ path }) => [`path: ${JSON.stringify(path)},`],
  },
  {
    name: "mysql",
    path: "",
    imports: ["secretFile", "systemd"],
    options: () => [
      `databases: "all",`,
      "// A file [client] with user and password, readable by root alone.",
      `credentials: secretFile("/etc/lifeboat/mysql.cnf"),`,
      `service: systemd("mysql"),`,
    ],
  },
  {
    name: "postgres",
    path: "",
    imports: [],
    options: () => [`databases: "all",`],
  },
  {
    name: "redis",
    path: "",
    imports: ["secretFile", "systemd"],
    options: () => [
      "// The password alone, readable by root alone.",
      `password: secretFile("/etc/lifeboat/redis.password"),`,
      `service: systemd("redis-server"),`,
    ],
  },
];

/** A small plan that passes, with what comes next as comments. */
export function firstPlan(plan: FirstPlan): string {
  const kind = firstKinds.find((each) => each.name === plan.kind);
  if (kind === undefined) throw new Error(`no first plan of ${plan.kind}`);
  const builders = [
    "daily",
    "directory",
    "host",
    "keep",
    "plan",
    "weekly",
    kind.name,
    ...kind.imports,
  ].sort();
  const options = kind.options(plan).map((line) => `  ${line}`);
  return `import { ${builders.join(", ")} } from "lifeboat";

const server = host(${JSON.stringify(plan.host)}, { timeZone: ${JSON.stringify(plan.timeZone)} });

// The first copy is made on the host itself. What is only there is lost with it: add directory("…", { on: host("…", { reach: ssh(…) }), … })
// or s3("…", { …, lock: "30d" }), and name it in copies below.
const disk = directory("disk", { path: ${JSON.stringify(plan.store)} });

const data = ${kind.name}("data", {
  on: server,
${options.join("\n")}
  schedule: daily("02:00"),
  verify: weekly("sunday", "04:00"),
  // No more than this may be lost: a day, the time that a backup takes, and some to spare.
  rpo: "26h",
  rto: "1h",
  copies: [disk],
  keep: keep({ daily: 7, weekly: 4, monthly: 6 }),
  // Whoever reads the sets cannot open them without the identity, which is not on this host: encrypt: age("age1…").
  // Estimates; a drill measures them.
  expect: { size: "1GiB", backup: "15m", restore: "30m" },
});

// What can happen, and the way back, is said with scenario(); then check proves how much is lost, and how long it takes.
export default plan(${JSON.stringify(plan.name)}, { assets: [data] });
`;
}
