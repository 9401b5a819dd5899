/** A set of the wire's keywords: recognised as the catalogue spells them, and in any other case. */
export class Keywords {
  /** Maps each keyword to itself, so that messages share one string and do not keep their line in memory. */
  readonly #interned: ReadonlyMap<string, string>;
  readonly #byUpperCase: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    this.#interned = new Map(Array.from(names, (name) => [name, name]));
    this.#byUpperCase = new Map(Array.from(this.#interned.keys(), (name) => [name.toUpperCase(), name]));
  }

  /** The keyword that equals `word`, which is in the catalogue's spelling. */
  exact(word: string): string | undefined {
    return this.#interned.get(word);
  }

  /** The catalogue's spelling of a keyword that came in any case. */
  nameOf(word: string): string | undefined {
    return this.#byUpperCase.get(word.toUpperCase());
  }
}
