import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** A secret in a file of the host, readable by nobody but the user who runs the scripts. */
export interface SecretFile {
  readonly file: AbsolutePath;
}
/** A secret in an environment variable. */
export interface SecretEnv {
  /** @pattern ^[A-Za-z_][A-Za-z0-9_]*$ */
  readonly env: string;
}
/** A secret that a program of the host prints, for example a password manager's client. */
export interface SecretCommand {
  readonly command: AbsolutePath;
}
/** A secret that a person types, and that is nowhere on the host. */
export interface SecretPrompt {
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
export function secretFile(path: AbsolutePath): SecretFile {
  return value(secretFile, { file: path });
}

/**
 * The secret is in an environment variable. Cron starts with nearly none, so this is for scripts that people run.
 * @example secretEnv("VAULT_TOKEN")
 */
export function secretEnv(name: string): SecretEnv {
  return value(secretEnv, { env: name });
}

/**
 * The secret is the first line that a program of the host prints.
 * @example secretCommand("/usr/local/bin/print-mysql-password")
 */
export function secretCommand(program: AbsolutePath): SecretCommand {
  return value(secretCommand, { command: program });
}

/**
 * The secret is typed by a person when a script needs it; a script that needs one cannot be scheduled.
 * @example secretPrompt("Vault unseal key 1")
 */
export function secretPrompt(label: string): SecretPrompt {
  return value(secretPrompt, { prompt: label });
}
