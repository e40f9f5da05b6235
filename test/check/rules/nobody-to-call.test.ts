import { describe, expect, it } from "vitest";
import { isPlaceholder } from "../../../compiler/prove/people.ts";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("nobody-to-call", () => {
  it.each(["[name]", "[이름]", "TODO", "tbd", "T.B.D.", "<name>", "xxx", "n/a", "—", "Name", "{name}", "?"])(
    "'%s' is what a form says",
    (name) => {
      expect(isPlaceholder(name)).toBe(true);
    },
  );

  it.each([
    "Kim Minji",
    "김민지",
    "Ng",
    "Todor Todorov",
    "Xi",
    "Ada N.",
    "담당 엔지니어",
    "noname@shop.example",
    "+82 10 3417 9026",
  ])("'%s' is not", (name) => {
    expect(isPlaceholder(name)).toBe(false);
  });

  const plan = (contact: string) =>
    shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', {
      plan: `roles: [{ title: "lead", who: contact("lead", { ${contact} }) }]`,
    });

  it("wants a number or an address, and takes either", async () => {
    expect(await messagesOf("nobody-to-call", plan('name: "Kim Minji", phone: "+82 10 3417 9026"'))).toEqual(
      [],
    );
    expect(await messagesOf("nobody-to-call", plan('name: "Kim Minji", email: "kim@shop.example"'))).toEqual(
      [],
    );
    expect(await messagesOf("nobody-to-call", plan('name: "Kim Minji"'))).toEqual([
      "contact 'lead' can be neither called nor written to",
    ]);
  });

  it("wants levels of the escalation that go upwards, and takes equal ones", async () => {
    const levels = (first: string, second: string) =>
      shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', {
        before: 'const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });',
        plan: `escalation: [{ title: "one", who: [kim], within: "${first}" }, { title: "two", who: [kim], within: "${second}" }]`,
      });
    expect(await messagesOf("nobody-to-call", levels("15m", "15m"))).toEqual([]);
    expect(await messagesOf("nobody-to-call", levels("15m", "14m"))).toEqual([
      "'two' answers within 14 min, sooner than 'one' below it",
    ]);
  });
});
