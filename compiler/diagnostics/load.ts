import { diagnostic, text } from "./diagnostic.ts";

/** LB1xxx: the plan file could not be read, compiled or run. */

export const planNotFound = diagnostic({
  code: "LB1001",
  name: "plan-not-found",
  severity: "error",
  message: text`there is no plan file '${"file"}'`,
  why: text`nothing was compiled`,
  fix: text`name an existing file, or run from the folder that holds plans/`,
});

export const syntaxError = diagnostic({
  code: "LB1002",
  name: "syntax-error",
  severity: "error",
  message: text`${"message"}`,
  why: text`the plan is ${"language"}, and this is not`,
});

export const planThrew = diagnostic({
  code: "LB1003",
  name: "plan-threw",
  severity: "error",
  message: text`the plan stopped with ${"error"}`,
  why: text`a plan is run to learn what it says; it ended before it had said it`,
  fix: text`mend the code at this line; it is the plan's own, not the compiler's`,
});

export const noPlanExported = diagnostic({
  code: "LB1004",
  name: "no-plan-exported",
  severity: "error",
  message: text`${"what"}`,
  why: text`the compiler reads the plan from the file's default export`,
  fix: text`end the file with: export default plan("${"name"}", { assets: [...] })`,
});

export const unresolvedImport = diagnostic({
  code: "LB1005",
  name: "unresolved-import",
  severity: "error",
  message: text`${"message"}`,
  why: text`the plan needs a module that is not there`,
  fix: text`mend the path, or install the package beside the plan`,
});

export const planTooSlow = diagnostic({
  code: "LB1006",
  name: "plan-too-slow",
  severity: "error",
  message: text`the plan still ran after ${"seconds"} s`,
  why: text`a plan is data; one that does not end cannot be compiled`,
  fix: text`look for a loop without an end`,
});

export const duplicatePlan = diagnostic({
  code: "LB1007",
  name: "duplicate-plan",
  severity: "error",
  message: text`plan '${"id"}' is also the name of ${"other"}`,
  why: text`both would be written to ${"folder"}, and one would replace the other`,
  fix: text`give one of them another name`,
});

export const unknownImport = diagnostic({
  code: "LB1008",
  name: "unknown-import",
  severity: "error",
  message: text`lifeboat has no '${"name"}'.${"suggestion"}`,
  why: text`the plan calls something that does not exist`,
  fix: text`${"advice"}`,
});

export const noPlanInFile = diagnostic({
  code: "LB1009",
  name: "no-plan-in-file",
  severity: "error",
  message: text`${"what"}`,
  why: text`the compiler reads the plan from a map that begins with its name`,
  fix: text`begin with: plan: ${"name"}`,
});

export const duplicateKey = diagnostic({
  code: "LB1010",
  name: "duplicate-key",
  severity: "error",
  message: text`'${"key"}' is there twice`,
  why: text`YAML keeps one of the two, and not every program the same one`,
  fix: text`remove one of them`,
});

export const severalDocuments = diagnostic({
  code: "LB1011",
  name: "several-documents",
  severity: "error",
  message: text`the file holds ${"count"} documents`,
  why: text`a file is one plan; what stands after '---' would not be read`,
  fix: text`remove this line, or move what follows into a file of its own`,
});

export const unsupportedYaml = diagnostic({
  code: "LB1012",
  name: "unsupported-yaml",
  severity: "error",
  message: text`${"what"}`,
  why: text`${"why"}`,
  fix: text`${"advice"}`,
});

export const typeError = diagnostic({
  code: "LB1013",
  name: "type-error",
  severity: "error",
  message: text`${"message"} (${"code"})`,
  why: text`${"why"}`,
  fix: text`an editor with TypeScript shows it while one writes`,
});

export const noTypeChecker = diagnostic({
  code: "LB1014",
  name: "no-type-checker",
  severity: "error",
  message: text`there is no TypeScript to check types with`,
  why: text`--types asks for it, and what is not checked is not said to be fine`,
  fix: text`npm install --save-dev typescript`,
});
