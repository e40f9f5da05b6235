import type { AssetOptions } from "../../dsl/asset.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath, Duration } from "../../dsl/units.ts";
import { assetKind, type Data, type OptionProblem, secondsOf, secretReference } from "../kind.ts";

/** What an author says of a Redis server. */
export interface RedisOptions extends AssetOptions {
  /** The server's Unix socket. Default: TCP. */
  readonly socket?: AbsolutePath;
  /**
   * The server's address. Default: `127.0.0.1`.
   * @pattern ^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$
   */
  readonly address?: string;
  /**
   * The server's TCP port. Default: 6379.
   * @minimum 1
   * @maximum 65535
   * @integer
   */
  readonly port?: number;
  /**
   * The ACL user that backups and restores log in as. Default: the server's `default` user.
   * @pattern ^[^\s-]\S*$
   */
  readonly user?: string;
  /** The password of that user, or the server's `requirepass`. Default: none is sent. */
  readonly password?: Secret;
  /** TLS: the CA that signed the server's certificate and, where the server asks for them, the client's own. Default: none. */
  readonly tls?: { readonly ca: AbsolutePath; readonly cert?: AbsolutePath; readonly key?: AbsolutePath };
  /** The server's `dir`, as this host sees it. Default: `/var/lib/redis`. */
  readonly dataDirectory?: AbsolutePath;
  /**
   * The server's `dbfilename`. Default: `dump.rdb`.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*$
   */
  readonly dumpFile?: string;
  /**
   * The server's `appenddirname`, in which Redis 7 and later keep the append-only file. Default: `appendonlydir`.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*$
   */
  readonly appendDirectory?: string;
  /**
   * The server's `appendfilename`. Default: `appendonly.aof`.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9._-]*$
   */
  readonly appendFile?: string;
  /** Modules that the data needs, loaded by the throw-away servers that prove a backup. Default: none. */
  readonly modules?: readonly AbsolutePath[];
  /** The server program, for throw-away servers. Default: `redis-server` as found. */
  readonly serverProgram?: AbsolutePath;
  /**
   * Whom restored files belong to: the user that the server runs as, or numbers such as `999:999`. Default: `redis`.
   * @pattern ^([A-Za-z_][A-Za-z0-9_.-]*|[0-9]+(:[0-9]+)?)$
   */
  readonly serverUser?: string;
  /** The `save` lines of its configuration: after how long it saves by itself, with how many changes. Default: unknown. */
  readonly savePoints?: readonly {
    readonly after: Duration;
    /**
     * @minimum 1
     * @integer
     */
    readonly changes: number;
  }[];
  /** How often it saves by itself, as others are told. Held against `savePoints`, since the two are easily changed apart. Default: nothing is told. */
  readonly snapshotEvery?: Duration;
  /** How to stop and start the server; a restore swaps its files while it is down. */
  readonly service: Service;
}

/**
 * A Redis server: the RDB stream that a replica would get, checked before it counts; restored with and without an
 * append-only file, so that the server loads it whichever its configuration says.
 * @example
 * redis("sessions", {
 *   on: cache, password: secretFile("/etc/lifeboat/redis.password"), service: systemd("redis-server"),
 *   schedule: every("1h"), copies: [disk], keep: keep({ hourly: 24, daily: 7 }),
 * })
 */
export const redis = assetKind<"redis", RedisOptions>({
  name: "redis",
  type: "redis",
  title: "Redis",
  hosts: (options) => [options.on],
  tools: () => ["redis-cli", "redis-check-rdb"],
  facts: (options) => ({
    REDIS_SOCKET: options.socket ?? "",
    REDIS_HOST: options.address ?? "127.0.0.1",
    REDIS_PORT: options.port ?? 6379,
    REDIS_USER: options.user ?? "",
    PASSWORD_SECRET: options.password === undefined ? "" : secretReference(options.password),
    CACERT: options.tls?.ca ?? "",
    CERT: options.tls?.cert ?? "",
    CERT_KEY: options.tls?.key ?? "",
    DATA_DIR: options.dataDirectory ?? "/var/lib/redis",
    DUMP_FILE: options.dumpFile ?? "dump.rdb",
    APPEND_DIR: options.appendDirectory ?? "appendonlydir",
    APPEND_FILE: options.appendFile ?? "appendonly.aof",
    MODULES: options.modules ?? [],
    SERVER_BINARY: options.serverProgram ?? "",
    SERVER_USER: options.serverUser ?? "redis",
  }),
  service: (options) => options.service,
  problems: (options) => {
    const problems: OptionProblem[] = [];
    for (const name of ["address", "port", "tls"] as const) {
      if (options.socket !== undefined && options[name] !== undefined)
        problems.push({
          path: [name],
          message: `'${name}' and 'socket' exclude each other`,
          why: "a client reaches the server over its Unix socket or over TCP, not over both",
          fix: `take out ${name} or socket`,
        });
    }
    if (options.user !== undefined && options.password === undefined)
      problems.push({
        path: ["user"],
        message: `the user '${options.user}' has no password`,
        why: "redis-cli logs in only when it has a password: without one it stays the default user",
        fix: 'add password: secretFile("/etc/lifeboat/redis.password")',
      });
    if ((options.tls?.cert === undefined) !== (options.tls?.key === undefined))
      problems.push({
        path: ["tls"],
        message: "a client's certificate and its key go together",
        why: "redis-cli refuses the one without the other",
        fix: "give both cert and key, or neither",
      });
    return [...problems, ...snapshotProblems(options)];
  },
});

/** What is told of the server's own snapshots is what its save points make. */
function snapshotProblems({ savePoints, snapshotEvery }: Data<RedisOptions>): readonly OptionProblem[] {
  if (savePoints === undefined || snapshotEvery === undefined) return [];
  // With a single change, the points that want more of them never come.
  const single = savePoints.filter((point) => point.changes === 1).map((point) => secondsOf(point.after));
  const latest = single.length === 0 ? undefined : Math.min(...single);
  if (latest === secondsOf(snapshotEvery)) return [];
  const found = latest === undefined ? "never for a single change" : `after ${latest / 60} min at the latest`;
  return [
    {
      path: ["snapshotEvery"],
      message: `its save points make a snapshot ${found}, and ${snapshotEvery} is told`,
      why: "what a crash costs is then not what people think that it costs",
      fix:
        latest === undefined
          ? "add a save point of one change"
          : `write "${latest}s", or change the save points`,
    },
  ];
}
