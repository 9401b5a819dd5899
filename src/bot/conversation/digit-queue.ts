/** Digits that may be typed ahead; more are dropped and counted. */
const MAX_TYPED_AHEAD = 100;

/** True for a digit that a wait accepts; others are forgotten meanwhile. */
type Counts = (digit: string) => boolean;

/** Digits that were pressed and not used yet, and who waits for the next one. */
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

  /** Digits that came when the queue was full. */
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

  /** Hands the next digit that counts to `take`, now or when it comes; returns what takes that back. */
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

  /** Calls `watcher` for each digit that comes, without taking it; returns what stops that. */
  watch(watcher: (digit: string) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Forgets what was typed ahead; returns it. */
  clear(): string {
    return this.#digits
      .splice(0)
      .map(({ digit }) => digit)
      .join('');
  }

  /** Forgets what was typed ahead before the first of the digits that count. */
  skipTo(counts: Counts): void {
    while (this.#digits[0] && !counts(this.#digits[0].digit)) this.#digits.shift();
  }

  /** @returns what forgets those that are pressed from now on and were not taken; what was typed before stays. */
  mark(): () => void {
    const from = this.#pushed;
    return () => {
      const kept = this.#digits.filter(({ order }) => order < from);
      this.#digits.splice(0, this.#digits.length, ...kept);
    };
  }
}
