/** A set of keywords of the wire. They are recognised in the catalogue's spelling and in any other case. */
export class Keywords {
  /** Maps each keyword to itself. Messages then share one string and do not keep their line in memory. */
  readonly #interned: ReadonlyMap<string, string>;
  readonly #byUpperCase: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    this.#interned = new Map(Array.from(names, (name) => [name, name]));
    this.#byUpperCase = new Map(Array.from(this.#interned.keys(), (name) => [name.toUpperCase(), name]));
  }

  /** Finds a keyword in the catalogue's spelling. */
  exact(word: string): string | undefined {
    return this.#interned.get(word);
  }

  /** Finds the catalogue's spelling of a keyword written in any case. */
  nameOf(word: string): string | undefined {
    return this.#byUpperCase.get(word.toUpperCase());
  }
}
