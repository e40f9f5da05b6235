import leven from "leven";

/** The known word that a typing slip may have meant, when one is clearly closest. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [best, next] = known
    .map((candidate) => ({ candidate, distance: leven(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined || best.distance === next?.distance) return undefined;
  return best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}
