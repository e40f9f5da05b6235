import type { AssetOptions } from "../../dsl/asset.ts";
import type { Secret, SecretFile } from "../../dsl/secret.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath, Duration } from "../../dsl/units.ts";
import { assetKind, secretReference } from "../kind.ts";

/** A user and the reference to its password. */
export interface MysqlLogin {
  readonly user: string;
  readonly password: Secret;
  /** The server's socket. Default: the client's. */
  readonly socket?: AbsolutePath;
  /** The server's address. Default: the socket. */
  readonly address?: string;
  /**
   * The server's TCP port. Default: 3306.
   * @minimum 1
   * @maximum 65535
   * @integer
   */
  readonly port?: number;
}

/** What an author says of a MySQL or MariaDB server. */
export interface MysqlOptions extends AssetOptions {
  /**
   * `"all"`, accounts included, restored as a whole server; or the names of databases, each restored by itself.
   * @minItems 1
   */
  readonly databases: "all" | readonly string[];
  /** A client option file (`[client]` with user and password), or a user with a password by reference. */
  readonly credentials: SecretFile | MysqlLogin;
  /**
   * A client option file for restores of chosen databases, which need more rights than backups do. Default: `credentials`.
   */
  readonly restoreCredentials?: SecretFile;
  /** The server's data directory. Default: `/var/lib/mysql`. */
  readonly dataDirectory?: AbsolutePath;
  /** The server program, for throw-away instances. Default: `mariadbd` or `mysqld` as found. */
  readonly serverProgram?: AbsolutePath;
  /** The user that the server runs as. Default: `mysql`. */
  readonly serverUser?: string;
  /**
   * Archives the binary log between the full backups, so that a restore can go to any moment. Needs `databases: "all"` and a
   * server with `log_bin`. Default: full backups only.
   */
  readonly pointInTime?: {
    /** How often: at worst this much is lost. A step that cron can keep, such as `5m` or `1h`. */
    readonly every: Duration;
  };
  /** How to stop and start the server; a restore of all databases needs it. */
  readonly service?: Service;
}

/**
 * A MySQL or MariaDB server: one consistent dump with routines, events, triggers and the binlog position; restored into a
 * throw-away server, proven there, then swapped in.
 * @example
 * mysql("orders", {
 *   on: db, databases: "all", credentials: secretFile("/etc/lifeboat/mysql.cnf"), service: systemd("mariadb"),
 *   schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7, weekly: 4 }),
 * })
 */
export const mysql = assetKind<"mysql", MysqlOptions>({
  name: "mysql",
  type: "mysql",
  title: "MySQL or MariaDB",
  hosts: (options) => [options.on],
  tools: () => [],
  facts: (options) => {
    const login = "file" in options.credentials ? undefined : options.credentials;
    return {
      DATABASES: options.databases === "all" ? [] : options.databases,
      CREDENTIALS_FILE: "file" in options.credentials ? options.credentials.file : "",
      RESTORE_CREDENTIALS_FILE: options.restoreCredentials?.file ?? "",
      MYSQL_USER: login?.user ?? "",
      PASSWORD_SECRET: login === undefined ? "" : secretReference(login.password),
      MYSQL_SOCKET: login?.socket ?? "",
      MYSQL_HOST: login?.address ?? "",
      MYSQL_PORT: login?.port ?? 0,
      DATA_DIR: options.dataDirectory ?? "/var/lib/mysql",
      SERVER_BINARY: options.serverProgram ?? "",
      SERVER_USER: options.serverUser ?? "mysql",
      DUMP_EXTRA_ARGS: [],
    };
  },
  service: (options) => options.service,
  log: ({ pointInTime }) =>
    pointInTime === undefined ? undefined : { option: "pointInTime", every: pointInTime.every },
  problems: (options) => [
    ...(options.databases !== "all" && options.pointInTime !== undefined
      ? [
          {
            path: ["pointInTime"],
            message:
              "databases names some databases, and pointInTime replays the binary log of the whole server",
            why: "statements that touch several databases cannot be replayed for one of them without losing or repeating rows",
            fix: 'write databases: "all", or leave pointInTime out',
          },
        ]
      : []),
    ...(options.databases === "all" && options.service === undefined
      ? [
          {
            path: ["service"],
            message: "databases is 'all', and the plan does not say how to stop the server",
            why: "a restore of all databases replaces the data directory, which no running server survives",
            fix: 'add service: systemd("mariadb")',
          },
        ]
      : []),
  ],
});
