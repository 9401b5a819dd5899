/**
 * Finds the longest of some phrases that a text has, as whole words, whatever its case, accents apart from the letters
 * and punctuation are. Undefined where there is none.
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
