import type { Transport } from "../templates/registry.ts";
import { type Branded, entity } from "./node.ts";
import type { Site } from "./site.ts";
import type { AbsolutePath, PlainPath, TimeZone } from "./units.ts";

/** What an author says of a host. */
export interface HostOptions {
  /** The operating system. Default: `linux`. macOS has bash 3.2 and BSD tools, and what is generated for it runs there. */
  readonly os?: "linux" | "macos";
  /** The machine that this one is lost with: a VM's server. */
  readonly runsOn?: Host;
  /** The site that it is lost with. Default: that of the machine it runs on. */
  readonly at?: Site;
  /** It is asleep or switched off at times, as a laptop is at night: jobs then run late. Default: false. */
  readonly sleeps?: boolean;
  /** How another host runs commands on this one, to fetch backup sets and to bring them back. Without it nobody can. */
  readonly reach?: Transport;
  /** The time zone of the host's clock, in which its crontab runs. Default: the plan's. `install.sh` refuses a host that differs. */
  readonly timeZone?: TimeZone;
  /** Directories of what Lifeboat puts on the host. */
  readonly paths?: {
    /** Installed scripts. Default: `/opt/lifeboat/<plan>`. */
    readonly scripts?: PlainPath;
    /** History, locks and journals. Default: `/var/lib/lifeboat/<plan>`. */
    readonly state?: AbsolutePath;
    /** Log files. Default: `/var/log/lifeboat/<plan>`. */
    readonly logs?: AbsolutePath;
    /** Throw-away restores of drills and deep verifications; needs room for the largest asset. Default: `scratch` below state. */
    readonly scratch?: AbsolutePath;
    /** Prometheus' textfile directory, e.g. `/var/lib/node_exporter/textfile`. Default: no metrics. */
    readonly metrics?: AbsolutePath;
  };
  /** Directories appended to `PATH`, since cron knows few. Default: the system's usual ones. */
  readonly searchPath?: readonly PlainPath[];
}

/** A machine that holds assets or stores. */
export interface Host extends HostOptions, Branded<"host"> {
  readonly id: string;
}

/**
 * A machine: a VM, a server, a laptop. Its id names a folder of the output, so it is lower case letters, digits and dashes.
 * @example const db = host("mysql", { timeZone: "Asia/Seoul" });
 */
export function host(id: string, options: HostOptions = {}): Host {
  return entity<Host>("host", host, id, options);
}
