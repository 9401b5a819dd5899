/** Looks up a word from outside among a table's own keys, so that `constructor` is not found. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
