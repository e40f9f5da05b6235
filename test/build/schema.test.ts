import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { planSchema } from "../../compiler/build/schema.ts";

it("the committed schema is what the DSL's types say", () => {
  expect(readFileSync("compiler/model/plan.schema.json", "utf8")).toBe(planSchema(process.cwd()));
});
