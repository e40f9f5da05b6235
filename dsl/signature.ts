import type { Escrow } from "./escrow.ts";
import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** Signatures of OpenSSH over every backup set: whoever can write in a store can still not make a set that a restore takes. */
export interface SshSignature {
  readonly sshKey: {
    /**
     * The private key on the host that makes the sets, without a passphrase: `ssh-keygen -t ed25519 -N '' -f FILE`. Other hosts need only
     * the public keys.
     */
    readonly key: AbsolutePath;
    /**
     * The public keys whose sets are taken, `ssh-ed25519 …`: the one of `key`, and older ones for as long as their sets are kept.
     * @minItems 1
     * @items ssh-public-key
     */
    readonly publicKeys: readonly string[];
    /** Where the private key is kept besides. A lost one is replaced by a new one: sets that are there stay good. */
    readonly escrow?: readonly Escrow[];
  };
}

/**
 * Signs every backup set with a key of OpenSSH (8.1 or later). Encryption with age says who may read a set, and nothing of who made it.
 * @example sshSignature("/etc/lifeboat/sign", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBk… backup@db")
 */
export function sshSignature(
  key: AbsolutePath,
  publicKeys: string | readonly string[],
  options: { readonly escrow?: readonly Escrow[] } = {},
): SshSignature {
  const list = typeof publicKeys === "string" ? [publicKeys] : publicKeys;
  return value(sshSignature, { sshKey: { key, publicKeys: list, ...options } });
}
