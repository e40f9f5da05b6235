import type { Escrow } from "./escrow.ts";
import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** What an author may say of any secret. */
export interface SecretOptions {
  /** Where it is kept, besides the host that uses it. Without one it is lost with that host. */
  readonly escrow?: readonly Escrow[];
}

/** A secret in a file of the host, readable by nobody but the user who runs the scripts. */
export interface SecretFile extends SecretOptions {
  readonly file: AbsolutePath;
}
/** A secret in an environment variable. */
export interface SecretEnv extends SecretOptions {
  /** @pattern ^[A-Za-z_][A-Za-z0-9_]*$ */
  readonly env: string;
}
/** A secret that a program of the host prints, for example a password manager's client. */
export interface SecretCommand extends SecretOptions {
  readonly command: AbsolutePath;
}
/** A secret that a person types, and that is nowhere on the host. */
export interface SecretPrompt extends SecretOptions {
  /** What the person is asked for. */
  readonly prompt: string;
}

/**
 * A reference to a secret, never the secret: a plan holds no password, so neither does anything generated from it. When a script
 * needs the value it goes through a file descriptor, never an argument list, a crontab or a log.
 */
export type Secret = SecretFile | SecretEnv | SecretCommand | SecretPrompt;

/**
 * The secret is what a file of the host holds. One trailing newline is left off.
 * @example secretFile("/etc/lifeboat/mysql.cnf")
 */
export function secretFile(path: AbsolutePath, options: SecretOptions = {}): SecretFile {
  return value(secretFile, { file: path, ...options });
}

/**
 * The secret is in an environment variable. Cron starts with nearly none, so this is for scripts that people run.
 * @example secretEnv("VAULT_TOKEN")
 */
export function secretEnv(name: string, options: SecretOptions = {}): SecretEnv {
  return value(secretEnv, { env: name, ...options });
}

/**
 * The secret is the first line that a program of the host prints.
 * @example secretCommand("/usr/local/bin/print-mysql-password")
 */
export function secretCommand(program: AbsolutePath, options: SecretOptions = {}): SecretCommand {
  return value(secretCommand, { command: program, ...options });
}

/**
 * The secret is typed by a person when a script needs it; a script that needs one cannot be scheduled.
 * @example secretPrompt("Vault unseal key 1")
 */
export function secretPrompt(label: string, options: SecretOptions = {}): SecretPrompt {
  return value(secretPrompt, { prompt: label, ...options });
}
