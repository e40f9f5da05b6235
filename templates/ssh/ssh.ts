import { value } from "../../dsl/node.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { transportKind } from "../kind.ts";

/** How ssh reaches a host. */
export interface SshOptions {
  /**
   * Name or address of the host.
   * @pattern ^[A-Za-z0-9_]([A-Za-z0-9_.:%-]*[A-Za-z0-9_])?$
   */
  readonly address: string;
  /**
   * The user to log in as. Default: `root`, since backup sets belong to root.
   * @pattern ^[A-Za-z_][A-Za-z0-9_.-]*$
   */
  readonly user?: string;
  /**
   * Port. Default: 22.
   * @minimum 1
   * @maximum 65535
   * @integer
   */
  readonly port?: number;
  /** The private key on the host that reaches. Default: what ssh itself finds. */
  readonly identity?: AbsolutePath;
  /** The file with the host's key. Default: ssh's own. A host whose key is unknown or has changed is never trusted. */
  readonly knownHosts?: AbsolutePath;
  /** Run commands with `sudo -n`, for a user who is not root. Default: false. */
  readonly sudo?: boolean;
}

/** A host reached with ssh. */
export interface Ssh {
  readonly ssh: SshOptions;
}

/**
 * A host is reached with ssh.
 * @example host("mysql", { reach: ssh({ address: "192.168.64.7", identity: "/etc/lifeboat/ssh-key" }) })
 */
export const ssh = transportKind((options: SshOptions): Ssh => value(ssh, { ssh: { ...options } }), {
  name: "ssh",
  title: "ssh",
  key: "ssh",
  tools: ["ssh"],
  settings: ({ ssh: options }) => ({
    address: options.address,
    user: options.user ?? "root",
    port: String(options.port ?? 22),
    ...(options.identity !== undefined && { identity: options.identity }),
    ...(options.knownHosts !== undefined && { known_hosts: options.knownHosts }),
    ...(options.sudo === true && { sudo: "yes" }),
  }),
});
