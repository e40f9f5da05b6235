import type { Copy } from "./copy.ts";
import type { Encryption } from "./encryption.ts";
import type { Hook } from "./hook.ts";
import type { Host } from "./host.ts";
import type { Branded } from "./node.ts";
import type { Retention } from "./retention.ts";
import type { Schedule } from "./schedule.ts";
import type { SshSignature } from "./signature.ts";
import type { Store } from "./store.ts";
import type { Duration, Priority, Size } from "./units.ts";

/** What an author may say of any asset, whatever its kind. */
export interface CommonAssetOptions {
  /** When it is backed up. Without one it is backed up only by hand. */
  readonly schedule?: Schedule;
  /** When its newest sets are verified: sizes, hashes and structure. */
  readonly verify?: Schedule;
  /** When its recovery is rehearsed in a throw-away place, and measured. */
  readonly drill?: Schedule;
  /** Recovery point objective: how much of the newest data may be lost at worst. */
  readonly rpo?: Duration;
  /** Recovery time objective: how long a restore may take. Drills measure against it. */
  readonly rto?: Duration;
  /** Who goes first when more than one thing is down. Default: `P3`. */
  readonly priority?: Priority;
  /**
   * Where backup sets go, in order. The first is a directory on the asset's host, where they are made. A directory on another
   * host fetches them from the copy before it; to a store off-site the host of the copy before it sends them.
   * @minItems 1
   */
  readonly copies: readonly (Store | Copy)[];
  /** Which backup sets stay. Without it nothing is ever removed. */
  readonly keep?: Retention;
  /** How sets are encrypted. Without it they are plain. */
  readonly encrypt?: Encryption;
  /**
   * How sets are signed, so that one that somebody else has put into a store is refused. Encryption with `opensslKey()` proves that of
   * itself; `age()` does not. Without it sets are not signed.
   */
  readonly sign?: SshSignature;
  /** Compression. Default: `auto`, the best that the host has of zstd and gzip. */
  readonly compress?: "auto" | "zstd" | "gzip" | "none";
  /** What must work before it can be used again: the PKI of an etcd, the database of an application. Default: nothing. */
  readonly needs?: readonly Asset[];
  /** Assets of one group are of use together only, so the oldest of them counts. */
  readonly group?: string;
  /** Estimates, until there are measurements. */
  readonly expect?: {
    /** How large a backup set is; used to check free space before the first one is made. */
    readonly size?: Size;
    /** How long a backup takes. */
    readonly backup?: Duration;
    /** How long a restore takes. */
    readonly restore?: Duration;
    /** Of a kind with a log: how long it takes to archive what is new of it, and to bring that to a further store. */
    readonly log?: Duration;
  };
  /** How long a run may take before it is stopped. */
  readonly timeLimit?: {
    /**
     * Backing up. Default: `6h`.
     * @range 1s 7d
     */
    readonly backup?: Duration;
    /**
     * Restoring. Default: `12h`.
     * @range 1s 7d
     */
    readonly restore?: Duration;
  };
  /** Free space that a run leaves on the store's file system. Default: `64MiB`. */
  readonly reserve?: Size;
  /** Who is told. Default: the plan's. */
  readonly notify?: readonly Hook[];
  /** A sentence for people: what it is, who owns it. */
  readonly description?: string;
}

/** Options of an asset that lives on one host. */
export interface AssetOptions extends CommonAssetOptions {
  /** The host that it lives on and is backed up from. */
  readonly on: Host;
}

/** Something that can be lost and must be recoverable. Made by a kind's builder, such as `mysql()`. */
export interface Asset extends Branded<"asset"> {
  readonly id: string;
  readonly kind: string;
}
