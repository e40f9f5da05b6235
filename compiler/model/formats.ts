import { PLAIN_PATH } from "../render/shell-text.ts";
import { isCanonicalZone } from "./time-zones.ts";
import { parseClock, parseDay, parseDuration, parseSize } from "./units.ts";

/** The text formats of the schema. A type alias of the same meaning stands in dsl/units.ts. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => "value" in parseDuration(text),
  size: (text) => "value" in parseSize(text),
  rate: (text) => text.endsWith("/s") && "value" in parseSize(text.slice(0, -2)),
  day: (text) => parseDay(text) !== undefined,
  "clock-time": (text) => parseClock(text) !== undefined,
  "time-zone": isTimeZone,
  "absolute-path": (text) => pathProblem(text) === undefined,
  "plain-path": (text) => plainPathProblem(text) === undefined,
  "age-recipient": (text) => recipientProblem(text) === undefined,
  "ssh-public-key": isPublicKey,
  email: (text) => /^[^\s@<>,;"'-][^\s@<>,;"']*@[^\s@<>,;"']+$/.test(text),
};

const knownZones = new Map<string, boolean>();

/** As pathProblem, for paths that stand in a crontab or in PATH. */
export function plainPathProblem(path: string): { expected: string; reason: string } | undefined {
  if (PLAIN_PATH.test(path)) return pathProblem(path);
  return {
    expected: "an absolute path of letters, digits and ._+@-",
    reason: "it stands in a crontab or in PATH, where other characters have a meaning of their own",
  };
}

/** A line of an OpenSSH public key file; a private key, or one cut short, is none. */
function isPublicKey(text: string): boolean {
  return /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA[A-Za-z0-9+/]{40,}={0,3}( [^\p{Cc}]*)?$/u.test(
    text,
  );
}

function isTimeZone(text: string): boolean {
  const known = knownZones.get(text);
  if (known !== undefined) return known;
  if (isCanonicalZone(text)) return true;
  let valid = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(text);
  if (valid) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: text });
    } catch {
      valid = false;
    }
  }
  knownZones.set(text, valid);
  return valid;
}

/** Why a path cannot be used, and what should be there instead. */
export function pathProblem(path: string): { expected: string; reason: string } | undefined {
  if (!path.startsWith("/")) {
    return {
      expected: "an absolute path",
      reason: "scripts run from cron, where there is no folder to be relative to",
    };
  }
  if (/(^|\/)\.{1,2}(\/|$)/.test(path) || path.includes("//") || (path.length > 1 && path.endsWith("/"))) {
    return {
      expected: "a path without '.', '..', '//' or a slash at the end",
      reason: "paths are compared as they are written",
    };
  }
  return undefined;
}

export function isIdentity(text: string): boolean {
  return /^AGE-SECRET-KEY-/i.test(text);
}

/** What is wrong with an age recipient. */
export function recipientProblem(text: string): string | undefined {
  if (isIdentity(text))
    return "this is the secret identity! Keep it off the plan and make a new pair: age-keygen";
  if (/^age1[02-9ac-hj-np-z]{58}$/.test(text)) return undefined;
  if (/^ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*( .*)?$/.test(text)) return undefined;
  return "give the public key that age-keygen prints (age1 and 58 characters), or an ssh-ed25519 or ssh-rsa line";
}
