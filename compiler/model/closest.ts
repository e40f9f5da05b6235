import leven from "leven";

/** The known word that a typing slip may have meant, when one is clearly closest. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [best, next] = known
    .map((candidate) => ({ candidate, distance: leven(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined || best.distance === next?.distance) return undefined;
  // Two letters swapped are a distance of two, so even short words are given that much.
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return best.distance <= limit ? best.candidate : undefined;
}
