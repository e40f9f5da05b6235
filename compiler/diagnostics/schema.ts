import { diagnostic, text } from "./diagnostic.ts";

/** LB2xxx: an option has the wrong type, form or value. */

export const wrongType = diagnostic({
  code: "LB2001",
  name: "wrong-type",
  severity: "error",
  message: text`${"what"} is ${"actual"}, and should be ${"expected"}`,
  why: text`the scripts are made from this value`,
});

export const notData = diagnostic({
  code: "LB2002",
  name: "not-data",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which cannot be written into a script`,
  why: text`a plan holds text, numbers, lists and what the builders make, so that it can be compiled, compared and signed`,
  fix: text`give the value itself`,
});

export const unknownOption = diagnostic({
  code: "LB2003",
  name: "unknown-option",
  severity: "error",
  message: text`${"what"} has no option '${"option"}'.${"suggestion"}`,
  why: text`an option that nobody reads protects nothing`,
  fix: text`remove it, or choose one of: ${"known"}`,
});

export const missingOption = diagnostic({
  code: "LB2004",
  name: "missing-option",
  severity: "error",
  message: text`${"what"} lacks '${"option"}'`,
  why: text`${"meaning"}`,
  fix: text`add ${"option"}`,
});

export const badValue = diagnostic({
  code: "LB2005",
  name: "bad-value",
  severity: "error",
  message: text`${"what"} is ${"actual"}, and should be ${"expected"}`,
  why: text`the scripts are made from this value`,
});

export const badId = diagnostic({
  code: "LB2006",
  name: "bad-id",
  severity: "error",
  message: text`${"actual"} cannot be the id of ${"what"}`,
  why: text`ids name folders, scripts and metrics on every system: lower-case letters, digits and dashes, up to 48, a letter or digit first`,
  fix: text`${"advice"}`,
});

export const badDuration = diagnostic({
  code: "LB2007",
  name: "bad-duration",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which is not a duration${"reason"}`,
  why: text`a limit that cannot be read is no limit`,
  fix: text`write a number and a unit, largest first: "90s", "15m", "1h30m", "7d"`,
});

export const badSize = diagnostic({
  code: "LB2008",
  name: "bad-size",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which is not a size${"reason"}`,
  why: text`free space is checked against it`,
  fix: text`write a number and a unit: "512KiB", "20GiB", "2TB"`,
});

export const badTime = diagnostic({
  code: "LB2009",
  name: "bad-time",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which is no time of day`,
  why: text`a job at a time that does not exist never runs`,
  fix: text`write hours 00 to 23 and minutes 00 to 59: "02:00"`,
});

export const badCron = diagnostic({
  code: "LB2010",
  name: "bad-cron",
  severity: "error",
  message: text`cron("${"fields"}"): ${"problem"}`,
  why: text`cron refuses such a line, or runs it when nobody expects`,
  fix: text`${"advice"}`,
});

export const neverFires = diagnostic({
  code: "LB2011",
  name: "never-fires",
  severity: "error",
  message: text`${"schedule"} never fires: ${"problem"}`,
  why: text`a backup that never runs protects nothing, and cron does not complain`,
  fix: text`choose a day that exists`,
});

export const badInterval = diagnostic({
  code: "LB2012",
  name: "bad-interval",
  severity: "error",
  message: text`every("${"interval"}") cannot be kept by cron: ${"problem"}`,
  why: text`cron counts minutes within the hour and hours within the day; it would run at uneven gaps, and the RPO with it`,
  fix: text`${"advice"}`,
});

export const badPath = diagnostic({
  code: "LB2013",
  name: "bad-path",
  severity: "error",
  message: text`${"what"} is ${"actual"}, and should be ${"expected"}`,
  why: text`${"reason"}`,
  fix: text`write the whole path from the root, "/var/lib/app"`,
});

export const badTimeZone = diagnostic({
  code: "LB2014",
  name: "bad-time-zone",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which is not an IANA time zone`,
  why: text`schedules and recovery points are computed in it`,
  fix: text`write a name such as "Asia/Seoul" or "UTC"`,
});

export const literalSecret = diagnostic({
  code: "LB2015",
  name: "literal-secret",
  severity: "error",
  message: text`${"what"} is a literal`,
  why: text`the plan and the scripts made from it are committed and copied; a secret in them is no secret`,
  fix: text`refer to it: secretFile("/etc/lifeboat/…"), secretEnv("…"), secretCommand("/…") or secretPrompt("…")`,
});

export const unprintable = diagnostic({
  code: "LB2016",
  name: "unprintable",
  severity: "error",
  message: text`${"what"} holds ${"character"}`,
  why: text`${"reason"}`,
  fix: text`remove the character`,
});

export const badRecipient = diagnostic({
  code: "LB2017",
  name: "bad-recipient",
  severity: "error",
  message: text`${"what"} is ${"actual"}, which is not an age recipient`,
  why: text`every backup would fail when it encrypts`,
  fix: text`${"advice"}`,
});

export const invalidOption = diagnostic({
  code: "LB2018",
  name: "invalid-option",
  severity: "error",
  message: text`${"problem"}`,
  why: text`${"why"}`,
  fix: text`${"advice"}`,
});
