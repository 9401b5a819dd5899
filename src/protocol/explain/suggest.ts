/** Longest word that is taken for a misspelling, in letters. */
const MAX_WORD = 100;

/**
 * Finds the candidate that is closest to `word`, ignoring case. Of two equally close candidates, the earlier one is
 * taken.
 *
 * @returns undefined when none is close: about one typing error in three letters is allowed.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  // No keyword is that long, and comparing takes time in proportion to the product of both lengths.
  if (word.length > MAX_WORD) return undefined;
  const wanted = word.toUpperCase();
  let best: string | undefined;
  let bestSlips = Math.ceil(wanted.length / 3) + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(wanted, candidate.toUpperCase());
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

/**
 * Counts the letters to add, drop, change or swap with their neighbour to turn `from` into `to` (Damerau-Levenshtein,
 * "optimal string alignment").
 */
function slipsBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const changed = (last[j - 1] ?? 0) + (same ? 0 : 1);
      row[j] = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j] ?? 0, (beforeLast[j - 2] ?? 0) + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
