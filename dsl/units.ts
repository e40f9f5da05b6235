/**
 * A length of time: a whole or decimal number and a unit, `"90s"`, `"15m"`, `"1.5h"`, `"30d"`, `"2w"`, `"1y"`; units may be
 * added up, largest first: `"1h30m"`. A day is 24 hours, a year 365 days.
 *
 * The type completes in an editor; the compiler parses and range-checks the text.
 */
export type Duration = `${number}${"s" | "m" | "h" | "d" | "w" | "y"}` | `${number}h${number}m`;

/**
 * A number of bytes: `"512KiB"`, `"20GiB"` (powers of 1024) or `"20GB"` (powers of 1000).
 */
export type Size = `${number}${"B" | "KB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB"}`;

/** A number of bytes in a second: `"50MiB/s"`. */
export type Rate = `${Size}/s`;

/** A day: `"2026-11-23"`. */
export type Day = `${number}-${number}-${number}`;

/** A time of day on a 24-hour clock, `"02:00"`, in the host's time zone. */
export type ClockTime = `${number}:${number}`;

/** An IANA time zone, `"Asia/Seoul"`. */
export type TimeZone = string;

/** An absolute path on a host, `"/var/lib/mysql"`. */
export type AbsolutePath = `/${string}`;

/**
 * An absolute path of letters, digits, `.`, `_`, `+`, `@`, `-` and slashes: it stands in a crontab, where `%` ends the line, and in
 * `PATH`, where `:` ends a folder.
 */
export type PlainPath = `/${string}`;

/**
 * The priority of recovering an asset: `P1` critical (everything is down), `P2` high, `P3` medium, `P4` low.
 */
export type Priority = "P1" | "P2" | "P3" | "P4";
