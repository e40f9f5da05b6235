import type { AssetOptions } from "../../dsl/asset.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind, type OptionProblem, secretReference } from "../kind.ts";

/** A role of the server, and the reference to its password. */
export interface PostgresRole {
  readonly user: string;
  /** Default: none is sent; the server knows the user by the socket (`peer`), or `~/.pgpass` has it. */
  readonly password?: Secret;
}

/** How a PostgreSQL server is reached, and as whom. */
export interface PostgresLogin extends PostgresRole {
  /** Where the server's socket is. Default: the client's, such as `/var/run/postgresql`. */
  readonly socketDirectory?: AbsolutePath;
  /**
   * The server's address. Default: the socket.
   * @pattern ^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$
   */
  readonly address?: string;
  /**
   * The server's port, which also names its socket. Default: 5432.
   * @minimum 1
   * @maximum 65535
   * @integer
   */
  readonly port?: number;
}

/** What an author says of a PostgreSQL server. */
export interface PostgresOptions extends AssetOptions {
  /**
   * `"all"`, restored with every role's attributes, passwords and memberships; or the names of databases, restored without
   * touching the roles that are there.
   * @minItems 1
   */
  readonly databases: "all" | readonly string[];
  /** How to reach the server. Default: its socket, as the user that runs the scripts, or as `runAs`. */
  readonly login?: PostgresLogin;
  /** A superuser for live restores, which need more rights than backups do. Default: that of `login`. */
  readonly restoreLogin?: PostgresRole;
  /**
   * The user of the operating system that reaches the server when the scripts run as root, for `peer` authentication; also
   * whom throw-away servers run as, since PostgreSQL refuses to run as root. Default: root itself; throw-away servers run as
   * `postgres`.
   * @pattern ^[A-Za-z_][A-Za-z0-9_.-]*$
   */
  readonly runAs?: string;
  /** Where `pg_dump`, `psql` and `initdb` are. Default: the directory of the server's version, else the path. */
  readonly binDirectory?: AbsolutePath;
  /**
   * How many connections load a database at once. Default: 2.
   * @minimum 1
   * @maximum 64
   * @integer
   */
  readonly jobs?: number;
}

/**
 * A PostgreSQL server: its roles, and each database as one consistent dump in the custom format; restored beside the live
 * databases, proven there, then all of them swapped in by one transaction.
 * @example
 * postgres("billing", {
 *   on: db, databases: "all", runAs: "postgres", login: { user: "postgres" },
 *   schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7, weekly: 4 }),
 * })
 */
export const postgres = assetKind<"postgres", PostgresOptions>({
  name: "postgres",
  type: "postgres",
  title: "PostgreSQL",
  hosts: (options) => [options.on],
  tools: () => [],
  facts: ({ databases, login, restoreLogin, runAs, binDirectory, jobs }) => {
    const secret = login?.password === undefined ? "" : secretReference(login.password);
    return {
      DATABASES: databases === "all" ? [] : databases,
      PG_HOST: login?.socketDirectory ?? login?.address ?? "",
      PG_PORT: login?.port ?? 0,
      PG_USER: login?.user ?? "",
      PASSWORD_SECRET: secret,
      RESTORE_USER: restoreLogin?.user ?? login?.user ?? "",
      RESTORE_PASSWORD_SECRET:
        restoreLogin === undefined
          ? secret
          : restoreLogin.password === undefined
            ? ""
            : secretReference(restoreLogin.password),
      RUN_AS: runAs ?? "",
      BIN_DIR: binDirectory ?? "",
      JOBS: jobs ?? 2,
    };
  },
  sensitive: () => "a set holds the password hashes of all roles, besides every row",
  problems: ({ login, restoreLogin, runAs }) => {
    const problems: OptionProblem[] = [];
    if (login?.socketDirectory !== undefined && login.address !== undefined)
      problems.push({
        path: ["login", "address"],
        message: "'address' and 'socketDirectory' exclude each other",
        why: "a client reaches the server over its socket or over TCP, not over both",
        fix: "take out address or socketDirectory",
      });
    for (const [name, role] of [
      ["login", login],
      ["restoreLogin", restoreLogin],
    ] as const) {
      if (runAs !== undefined && role?.password !== undefined)
        problems.push({
          path: [name, "password"],
          message: "'runAs' and a password exclude each other",
          why: `the clients run as '${runAs}', who cannot read the private file that the password is handed over in`,
          fix: "take out runAs and log in by password, or take out the password and use peer authentication",
        });
    }
    return problems;
  },
});
