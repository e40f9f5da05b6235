import { describe, expect, it } from "vitest";
import { compileTemplate } from "../../compiler/render/engine.ts";
import { word } from "../../compiler/render/shell-text.ts";

const render = (source: string, data: object) => compileTemplate(source, "test.hbs")(data);

describe("a shell template", () => {
  it("emits quoted text", () => {
    expect(render("X={{x}}\n", { x: word("it's $(id)") })).toBe("X='it'\\''s $(id)'\n");
    expect(render("{{#each xs}}[{{this}}]{{/each}}", { xs: [word("a"), word("b")] })).toBe("['a']['b']");
  });

  it.each([
    ["a raw string", "{{x}}", { x: "$(id)" }],
    ["a number", "{{x}}", { x: 1 }],
    ["an object that looks like quoted text", "{{x}}", { x: { toString: () => "$(id)" } }],
    ["a name that is not there", "{{y}}", { x: word("") }],
    ["a missing subject of if", "{{#if y}}a{{/if}}", {}],
    ["a missing subject of each", "{{#each y}}a{{/each}}", {}],
    ["a missing name inside a list", "{{#each xs}}{{this.y}}{{/each}}", { xs: [{ z: word("") }] }],
  ])("refuses %s when it is rendered", (_what, source, data) => {
    expect(() => render(source, data)).toThrow(/test\.hbs|not defined/);
  });

  it.each([
    ["a triple mustache", "{{{x}}}"],
    ["an ampersand mustache", "{{&x}}"],
    ["a partial", "{{> other}}"],
    ["a helper", "{{upper x}}"],
    ["an unknown block", "{{#with x}}{{/with}}"],
  ])("refuses %s when it is compiled", (_what, source) => {
    expect(() => compileTemplate(source, "test.hbs")).toThrow("test.hbs");
  });
});
