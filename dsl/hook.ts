import { value } from "./node.ts";
import type { Secret } from "./secret.ts";
import type { AbsolutePath } from "./units.ts";

/** What a hook hears of. */
export type HookEvent = "start" | "success" | "failure";

interface HookEvents {
  /**
   * Which events are told. Default: all three for `healthchecks`, `failure` for the others.
   * @minItems 1
   */
  readonly on?: readonly HookEvent[];
}
/** A JSON message posted to a URL. */
export interface WebhookHook extends HookEvents {
  readonly webhook: Secret;
}
/** Pings as healthchecks.io takes them: `URL/start`, `URL`, `URL/fail`. */
export interface HealthchecksHook extends HookEvents {
  readonly healthchecks: Secret;
}
/** A mail through the host's own `mail` or `sendmail`. */
export interface MailHook extends HookEvents {
  /** @format email */
  readonly mail: string;
}
/** A program, given event, asset and exit code as arguments. */
export interface CommandHook extends HookEvents {
  readonly command: AbsolutePath;
}

/** Who is told when a job starts, succeeds or fails. A hook that fails is a warning, it never fails the job. */
export type Hook = WebhookHook | HealthchecksHook | MailHook | CommandHook;

type EventOptions = { readonly on?: readonly HookEvent[] };

/**
 * Posts a JSON message. The URL often is a secret, so it is given as one.
 * @example webhook(secretFile("/etc/lifeboat/slack-url"))
 */
export function webhook(url: Secret, options: EventOptions = {}): WebhookHook {
  return value(webhook, { webhook: url, ...options });
}

/**
 * Pings a healthchecks.io check, which raises an alarm when a job never starts.
 * @example healthchecks(secretFile("/etc/lifeboat/hc-url"))
 */
export function healthchecks(url: Secret, options: EventOptions = {}): HealthchecksHook {
  return value(healthchecks, { healthchecks: url, ...options });
}

/**
 * Mails the last log lines.
 * @example mail("ops@example.com")
 */
export function mail(address: string, options: EventOptions = {}): MailHook {
  return value(mail, { mail: address, ...options });
}

/**
 * Runs a program with the arguments EVENT ASSET EXIT-CODE.
 * @example onEvent("/usr/local/bin/page-me", { on: ["failure"] })
 */
export function onEvent(program: AbsolutePath, options: EventOptions = {}): CommandHook {
  return value(onEvent, { command: program, ...options });
}
