import type { AssetOptions } from "../../dsl/asset.ts";
import type { Pod } from "../../dsl/kubernetes.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind, type OptionProblem, secretReference } from "../kind.ts";

/** What an author says of a ClickHouse server. */
export interface ClickhouseOptions extends AssetOptions {
  /** The container that the server runs in. Default: on the host itself. */
  readonly in?: Pod;
  /**
   * `"all"`, or the names of databases, of letters, digits and `_`.
   * @minItems 1
   */
  readonly databases: "all" | readonly string[];
  /**
   * The server's address, as the place sees it that it runs in. Default: `127.0.0.1`.
   * @pattern ^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$
   */
  readonly address?: string;
  /**
   * Its port for `clickhouse-client`. Default: 9000.
   * @minimum 1
   * @maximum 65535
   * @integer
   */
  readonly port?: number;
  /**
   * The user that backups and restores log in as. Default: `default`.
   * @pattern ^[A-Za-z_][A-Za-z0-9_.-]*$
   */
  readonly user?: string;
  /** The user's password. Default: none. */
  readonly password?: Secret;
  /** The server's `path`, where its data is, as the place sees it that it runs in. Default: `/var/lib/clickhouse`. */
  readonly dataDirectory?: AbsolutePath;
  /**
   * How tables are written aside: by the server's own `BACKUP` (22.8 and later), or by freezing their parts. Default: `auto`, that is
   * `BACKUP` where the server has and allows it.
   */
  readonly method?: "auto" | "backup" | "freeze";
  /**
   * A directory that `<backups><allowed_path>` of the server's configuration names, or that of `backupDisk`. Default: `backups` in
   * `dataDirectory`.
   */
  readonly backupDirectory?: AbsolutePath;
  /**
   * A local disk of the server that `<backups><allowed_disk>` names, to use instead of `allowed_path`. Default: none.
   * @pattern ^[A-Za-z_][A-Za-z0-9_]*$
   */
  readonly backupDisk?: string;
  /** The server program on the host, for throw-away servers. Default: `clickhouse-server` as found. */
  readonly serverProgram?: AbsolutePath;
}

/**
 * A ClickHouse server: its tables by its own BACKUP or frozen (hard links, no copy, no pause), streamed with their definitions and the
 * users that SQL made, loaded beside the live ones in a restore, read through, then renamed into place.
 * @example
 * clickhouse("clickhouse", {
 *   on: mac, in: pod({ cluster, namespace: "signoz", pod: "signoz-clickhouse-0" }), databases: "all",
 *   schedule: daily("02:40"), copies: [disk], keep: keep({ daily: 7 }),
 * })
 */
export const clickhouse = assetKind<"clickhouse", ClickhouseOptions>({
  name: "clickhouse",
  type: "volumes",
  title: "ClickHouse",
  hosts: (options) => [options.on],
  // On whichever node its pod runs.
  livesOn: (options) =>
    options.in === undefined
      ? { hosts: [options.on], tolerates: 0 }
      : { hosts: options.in.cluster.nodes ?? [], tolerates: 0 },
  tools: (options) => (options.in === undefined ? ["clickhouse-client"] : []),
  facts: (options) => ({
    DATABASES: options.databases === "all" ? [] : options.databases,
    CH_ADDRESS: options.address ?? "127.0.0.1",
    CH_PORT: options.port ?? 9000,
    CH_USER: options.user ?? "default",
    PASSWORD_SECRET: options.password === undefined ? "" : secretReference(options.password),
    CH_DATA_DIR: options.dataDirectory ?? "/var/lib/clickhouse",
    CH_METHOD: options.method ?? "auto",
    CH_BACKUP_DIR: options.backupDirectory ?? `${options.dataDirectory ?? "/var/lib/clickhouse"}/backups`,
    CH_BACKUP_DISK: options.backupDisk ?? "",
    SERVER_BINARY: options.serverProgram ?? "",
  }),
  remotes: (options) => [{ id: "server", reach: options.in }],
  problems: (options) => {
    const problems: OptionProblem[] = [];
    if (options.backupDirectory?.includes("'"))
      problems.push({
        path: ["backupDirectory"],
        message: "a backup directory whose path has a quote in it",
        why: "the path stands in a statement of the server",
        fix: "choose another directory",
      });
    if (options.backupDisk !== undefined && options.backupDirectory === undefined)
      problems.push({
        path: ["backupDisk"],
        message: "a backup disk without its directory",
        why: "the script reads the backup from the directory that the disk is",
        fix: "say where the disk lies: backupDirectory",
      });
    for (const [index, name] of (options.databases === "all" ? [] : options.databases).entries())
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === "system" || name.startsWith("lifeboat_"))
        problems.push({
          path: ["databases", index],
          message: `the database '${name}' cannot be backed up`,
          why: "names are of letters, digits and '_'; 'system' belongs to the server, 'lifeboat_…' are of restores",
          fix: "take it out",
        });
    return problems;
  },
});
