import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { editorSchema } from "../../compiler/build/editor-schema.ts";
import { planSchema } from "../../compiler/build/schema.ts";

it("the committed schemas are what the DSL's types say", () => {
  const schema = planSchema(process.cwd());
  expect(readFileSync("compiler/model/plan.schema.json", "utf8")).toBe(schema);
  expect(readFileSync("schema/plan.schema.json", "utf8")).toBe(editorSchema(schema));
});
