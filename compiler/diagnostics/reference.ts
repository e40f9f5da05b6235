import { diagnostic, text } from "./diagnostic.ts";

/** LB3xxx: ids and references. */

export const duplicateId = diagnostic({
  code: "LB3001",
  name: "duplicate-id",
  severity: "error",
  message: text`two ${"things"} have the id '${"id"}'`,
  why: text`the id names their folder and their scripts; one would replace the other`,
  fix: text`give one of them another id`,
});

export const unknownReference = diagnostic({
  code: "LB3002",
  name: "unknown-reference",
  severity: "error",
  message: text`${"what"} names unknown ${"type"} '${"id"}'.${"suggestion"}`,
  why: text`${"reason"}`,
  fix: text`${"advice"}`,
});

export const wrongReference = diagnostic({
  code: "LB3003",
  name: "wrong-reference",
  severity: "error",
  message: text`${"what"} is ${"actual"}, and should be a ${"expected"}`,
  why: text`${"reason"}`,
  fix: text`give it the object that ${"expected"}() made`,
});

export const unusedEntity = diagnostic({
  code: "LB3020",
  name: "unused-entity",
  severity: "warning",
  message: text`${"type"} '${"id"}' is not part of the plan: nothing refers to it`,
  why: text`${"reason"}`,
  fix: text`name it where it belongs, or remove it`,
});
