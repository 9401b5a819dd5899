/** A set of the wire's keywords: recognised as the catalogue spells them, and in any other case. */
export class Keywords {
  readonly #names: ReadonlySet<string>;
  readonly #byUpperCase: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    this.#byUpperCase = new Map([...this.#names].map((name) => [name.toUpperCase(), name]));
  }

  /** Whether `word` is a keyword in the catalogue's own spelling. */
  has(word: string): boolean {
    return this.#names.has(word);
  }

  /** The catalogue's spelling of a keyword that came in any case. */
  nameOf(word: string): string | undefined {
    return this.#byUpperCase.get(word.toUpperCase());
  }
}
