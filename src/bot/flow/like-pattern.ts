/** Matches one character of a pattern: a literal, any, or one of a set. */
type Place = (character: string) => boolean;

/** Pieces of a pattern between the stars. */
export type LikePattern = readonly (readonly Place[])[];

/**
 * Reads a pattern: `*` stands for any characters, `?` for one, `[0-9a]` for one of some. Upper and lower case are the
 * same. Undefined when a bracket is not closed or is empty.
 */
export function likePattern(text: string): LikePattern | undefined {
  const pieces: Place[][] = [[]];
  const characters = [...text.toLowerCase()];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') pieces.push([]);
    else if (character === '?') pieces.at(-1)?.push(() => true);
    else if (character === '[') {
      const end = characters.indexOf(']', at);
      if (end <= at + 1) return undefined;
      pieces.at(-1)?.push(oneOf(characters.slice(at + 1, end)));
      at = end;
    } else pieces.at(-1)?.push((given) => given === character);
  }
  return pieces;
}

/**
 * True when a whole text matches a pattern. Each piece is searched once, so the time is at most the product of both
 * lengths.
 */
export function isLike(text: string, pattern: string): boolean {
  const [first, ...pieces] = likePattern(pattern) ?? [];
  const characters = [...text.toLowerCase()];
  const last = pieces.pop();
  if (!first) return false;
  if (!last) return characters.length === first.length && fits(characters, first, 0);
  if (!fits(characters, first, 0)) return false;
  let at = first.length;
  for (const piece of pieces) {
    while (at + piece.length <= characters.length && !fits(characters, piece, at)) at++;
    if (at + piece.length > characters.length) return false;
    at += piece.length;
  }
  const from = characters.length - last.length;
  return from >= at && fits(characters, last, from);
}

function fits(characters: readonly string[], piece: readonly Place[], from: number): boolean {
  return (
    from + piece.length <= characters.length &&
    piece.every((accepts, index) => accepts(characters[from + index] ?? ''))
  );
}

/** Reads a set: `a-z` is a range; a hyphen at either end is a literal. */
function oneOf(set: readonly string[]): Place {
  const ranges: [from: string, to: string][] = [];
  for (let at = 0; at < set.length; at++) {
    const from = set[at] ?? '';
    const to = set[at + 2];
    if (set[at + 1] === '-' && to !== undefined) {
      ranges.push([from, to]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to);
}
