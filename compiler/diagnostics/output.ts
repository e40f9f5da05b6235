import { diagnostic, text } from "./diagnostic.ts";

/** LB5xxx: what was generated, or is on disk, is not as it should be. */

export const shellcheckFinding = diagnostic({
  code: "LB5001",
  name: "shellcheck-finding",
  severity: "error",
  message: text`${"file"}:${"line"}: ShellCheck ${"rule"}: ${"message"}`,
  why: text`a generated script is to be clean; this is a bug in a template, or in the compiler`,
  fix: text`report it with the plan; --shellcheck off writes the script all the same`,
});

export const shellcheckMissing = diagnostic({
  code: "LB5002",
  name: "shellcheck-missing",
  severity: "error",
  message: text`--shellcheck require: no working ShellCheck was found (${"tried"})`,
  why: text`the scripts were not checked`,
  fix: text`install shellcheck, or name it in LIFEBOAT_SHELLCHECK`,
});

export const staleOutput = diagnostic({
  code: "LB5003",
  name: "stale-output",
  severity: "error",
  message: text`${"file"} ${"how"}`,
  why: text`what operators install is not what the plan says`,
  fix: text`run: lifeboat build ${"plan"}`,
});

export const foreignFile = diagnostic({
  code: "LB5004",
  name: "foreign-file",
  severity: "error",
  message: text`${"file"} was changed by hand since it was generated`,
  why: text`building would lose that change`,
  fix: text`move the change into the plan or a template, or build with --force`,
});

export const cannotWrite = diagnostic({
  code: "LB5005",
  name: "cannot-write",
  severity: "error",
  message: text`cannot write ${"file"}: ${"error"}`,
  why: text`the output is incomplete; files that were written are whole`,
  fix: text`mend the permission or the space, and build again`,
});
