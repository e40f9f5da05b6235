import type { ContactModel, Model } from "../model/model.ts";
import { formatDuration } from "../model/units.ts";
import { judge, lacksEscalation, type Problem, type Proof } from "./proof.ts";

/** What stands in forms until somebody fills them in. */
const PLACEHOLDER =
  /^(\[.*\]|<.*>|\{.*\}|t\.?b\.?[ad]|todo|fixme|xxx+|n\/?a|none|name|e-?mail|phone|unknown|이름|이메일|전화번호|연락처|직책|미정)$|@example\.(com|org|net)$|(^|\D)(000[ -]?0000|1234[ -]?5678)$/i;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
/** What may stand around such a word, and is no bracket. */
const AROUND = /^[^\p{L}\p{N}[<{]+|[^\p{L}\p{N}\]>}]+$/gu;

/** Is that text a person's, or what stood in the form? */
export function isPlaceholder(text: string): boolean {
  return !LETTER_OR_DIGIT.test(text) || PLACEHOLDER.test(text.replace(AROUND, ""));
}

/** People: whoever the plan names can be reached, and the escalation goes upwards in time. */
export function provePeople(model: Model): readonly Proof[] {
  const { contacts, vendors, escalation, scenarios } = model.recovery;
  if (contacts.length + vendors.length + escalation.length + scenarios.length === 0) return [];
  return [
    judge({
      kind: "people",
      evidence: [
        ...escalation.map(
          (level) =>
            `${formatDuration(level.within)}  ${level.title}: ${level.who.map((id) => `'${id}'`).join(", ")}${level.informed ? " (informed)" : ""}`,
        ),
        `${contacts.length} contacts`,
      ],
      missing: escalation.length === 0 ? [lacksEscalation(model.name)] : [],
      problems: [...contacts.flatMap(contactProblems), ...vendorProblems(model), ...orderProblems(model)],
    }),
  ];
}

/** What a contact lacks. */
export function contactProblems({ id, name, email, phone }: ContactModel): readonly Problem[] {
  const filled = Object.entries({ name, email, phone }).flatMap(([option, text]) =>
    text !== undefined && isPlaceholder(text)
      ? [
          {
            what: `${option} of contact '${id}' is not filled in: '${text}'`,
            at: { type: "contact" as const, id, path: [option] },
          },
        ]
      : [],
  );
  if (email !== undefined || phone !== undefined) return filled;
  return [
    ...filled,
    {
      what: `contact '${id}' can be neither called nor written to`,
      at: { type: "contact" as const, id, path: [] },
    },
  ];
}

function vendorProblems({ recovery }: Model): readonly Problem[] {
  return recovery.vendors.flatMap(({ id, name, phone, support }) => {
    const blank = Object.entries({ name, phone, support }).find(
      ([, text]) => text !== undefined && isPlaceholder(text),
    );
    if (blank !== undefined)
      return [
        {
          what: `${blank[0]} of vendor '${id}' is not filled in: '${blank[1]}'`,
          at: { type: "vendor" as const, id, path: [blank[0]] },
        },
      ];
    return phone !== undefined || support !== undefined
      ? []
      : [
          {
            what: `vendor '${id}' can be neither called nor written to`,
            at: { type: "vendor" as const, id, path: [] },
          },
        ];
  });
}

/** Each level answers later than the one below, else there would be no need to go on to it. */
function orderProblems({ name, recovery: { escalation } }: Model): readonly Problem[] {
  return escalation.flatMap((level, index) => {
    const before = escalation[index - 1];
    return before === undefined || level.within >= before.within
      ? []
      : [
          {
            what: `'${level.title}' answers within ${formatDuration(level.within)}, sooner than '${before.title}' below it`,
            at: { type: "plan" as const, id: name, path: ["escalation", index, "within"] },
          },
        ];
  });
}
