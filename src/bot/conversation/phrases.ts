/**
 * Finds the longest of some phrases in a text, as whole words. Ignores case, punctuation and the Unicode form of
 * accents. Returns undefined when no phrase is found.
 */
export function phraseIn(text: string, phrases: readonly string[]): string | undefined {
  const said = ` ${wordsIn(text)} `;
  return phrases
    .filter((phrase) => said.includes(` ${wordsIn(phrase)} `))
    .toSorted((a, b) => b.length - a.length)[0];
}

function wordsIn(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}
