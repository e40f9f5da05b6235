import fc from "fast-check";

/** Strings that break careless quoting, mixed with whatever else Unicode has. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          "'",
          '"',
          "`",
          "$(id)",
          "${HOME}",
          "\\",
          "\n",
          "\r",
          "\t",
          "%",
          "!",
          "~",
          "*",
          "?",
          "[a]",
          "{a,b}",
          "#",
          ";",
          "&",
          "|",
        ],
        ...[
          "-rf",
          "--",
          " ",
          "  ",
          "=",
          "(",
          ")",
          "<",
          ">",
          "$'\\x41'",
          "\\n",
          "\u001b[31m",
          "\u007f",
          "\u0007",
        ],
        ...[
          "백업",
          "데이터 손상",
          "📒",
          "👨‍👩‍👧",
          "\u202e",
          "\u200b",
          "\u2028",
          "\ufeff",
          "é",
          "e\u0301",
          "EOF",
          "{{x}}",
          "{{{x}}}",
        ],
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""))
  .filter((text) => text.isWellFormed());
