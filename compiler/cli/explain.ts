import { allDiagnostics } from "../diagnostics/index.ts";
import { closest } from "../model/closest.ts";

/** Prints what a code means, for somebody who has just met it. */
export function explain(code: string): number {
  const wanted = code.toUpperCase();
  const found = allDiagnostics.find(
    ({ definition }) => definition.code === wanted || definition.name === code,
  );
  if (found === undefined) {
    const close = closest(
      wanted,
      allDiagnostics.map(({ definition }) => definition.code),
    );
    process.stderr.write(
      `lifeboat: no diagnostic ${code}${close === undefined ? "" : `; did you mean ${close}?`}\n`,
    );
    return 2;
  }
  const { definition } = found;
  const lines = [
    `${definition.code} ${definition.name} (${definition.severity})`,
    "",
    `  ${definition.message.skeleton}`,
    "",
    `why:  ${definition.why.skeleton}`,
    ...(definition.fix === undefined ? [] : [`fix:  ${definition.fix.skeleton}`]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
