/** The entry of a table for a word that came from outside and may not be in it: `constructor` is not. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
