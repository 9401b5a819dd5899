/** Most digits that may be typed ahead; more are dropped and counted. */
const MAX_TYPED_AHEAD = 100;

/** True for a digit that a wait accepts. Other digits are dropped during the wait. */
type Counts = (digit: string) => boolean;

/** Queue of digits that were pressed and not used yet, and of the waits for the next one. */
export class DigitQueue {
  readonly #digits: { readonly digit: string; readonly order: number }[] = [];
  readonly #takers: { readonly take: (digit: string) => void; readonly counts: Counts }[] = [];
  readonly #watchers = new Set<(digit: string) => void>();
  #dropped = 0;
  #pushed = 0;

  /** The digit that will be taken next, if one was typed ahead. */
  get next(): string | undefined {
    return this.#digits[0]?.digit;
  }

  /** The digits that were typed ahead. */
  get typedAhead(): readonly string[] {
    return this.#digits.map(({ digit }) => digit);
  }

  /** Number of digits that were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  push(digit: string): void {
    const order = this.#pushed++;
    for (const watch of [...this.#watchers]) watch(digit);
    const [taker] = this.#takers;
    if (taker) {
      if (taker.counts(digit)) this.#takers.shift()?.take(digit);
    } else if (this.#digits.length < MAX_TYPED_AHEAD) this.#digits.push({ digit, order });
    else this.#dropped++;
  }

  /** Hands the next digit that counts to `take`, now or when it comes; returns a function that cancels it. */
  take(take: (digit: string) => void, counts: Counts = () => true): () => void {
    this.skipTo(counts);
    const next = this.#digits.shift();
    if (next !== undefined) {
      take(next.digit);
      return () => {};
    }
    const taker = { take, counts };
    this.#takers.push(taker);
    return () => {
      const index = this.#takers.indexOf(taker);
      if (index >= 0) this.#takers.splice(index, 1);
    };
  }

  /** Calls `watcher` for each digit that comes, without taking it; returns a function that stops it. */
  watch(watcher: (digit: string) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Drops the digits typed ahead and returns them. */
  clear(): string {
    return this.#digits
      .splice(0)
      .map(({ digit }) => digit)
      .join('');
  }

  /** Drops digits typed ahead up to the first that counts. */
  skipTo(counts: Counts): void {
    while (this.#digits[0] && !counts(this.#digits[0].digit)) this.#digits.shift();
  }

  /** Returns a function that drops the digits that are pressed from now on and were not taken. Earlier digits stay. */
  mark(): () => void {
    const from = this.#pushed;
    return () => {
      const kept = this.#digits.filter(({ order }) => order < from);
      this.#digits.splice(0, this.#digits.length, ...kept);
    };
  }
}
