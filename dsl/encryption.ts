import type { Escrow } from "./escrow.ts";
import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** Encryption to age recipients: whoever holds the backups cannot read them without an identity. */
export interface AgeEncryption {
  readonly age: {
    /**
     * Public keys, `age1…` or `ssh-ed25519 …`; any one of their identities decrypts.
     * @minItems 1
     * @items age-recipient
     */
    readonly recipients: readonly string[];
    /**
     * Where the identity file lies on a host that restores or verifies. It need not be there when backing up, and is best
     * kept off the host that makes the backups. Default: `/etc/lifeboat/age-identity.txt`.
     */
    readonly identity?: AbsolutePath;
    /** Where the identity is kept, besides the hosts that use it. */
    readonly escrow?: readonly Escrow[];
  };
}

/** AES-256-CTR with PBKDF2 and an HMAC over the ciphertext, by OpenSSL and a key file, for hosts without age. */
export interface OpensslEncryption {
  readonly openssl: {
    /** A file with a random passphrase, e.g. made by `openssl rand -base64 48`. Needed to back up and to restore. */
    readonly keyFile: AbsolutePath;
    /** Where the key is kept, besides the hosts that use it. */
    readonly escrow?: readonly Escrow[];
  };
}

/** How backup sets are encrypted before they touch a store. */
export type Encryption = AgeEncryption | OpensslEncryption;

/**
 * Encrypts to age recipients.
 * @example age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
 * @example age(["age1…", "age1…"], { identity: "/root/age.txt" })
 */
export function age(
  recipients: string | readonly string[],
  options: { readonly identity?: AbsolutePath; readonly escrow?: readonly Escrow[] } = {},
): AgeEncryption {
  const list = typeof recipients === "string" ? [recipients] : recipients;
  return value(age, { age: { recipients: list, ...options } });
}

/**
 * Encrypts with a key file through OpenSSL: AES-256-CTR, PBKDF2 (SHA-256, 600,000 rounds), HMAC-SHA256 checked first.
 * @example opensslKey("/etc/lifeboat/backup.key")
 */
export function opensslKey(
  keyFile: AbsolutePath,
  options: { readonly escrow?: readonly Escrow[] } = {},
): OpensslEncryption {
  return value(opensslKey, { openssl: { keyFile, ...options } });
}
