/** Splits a text at its blanks, and returns the words by the numbers that they stand for. */
export function numbered(words: string, from = 0, by = 1): Record<number, string> {
  return Object.fromEntries(words.split(' ').map((word, index) => [from + index * by, word]));
}
