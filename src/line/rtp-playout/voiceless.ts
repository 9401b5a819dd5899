/** Most sequence numbers that are kept: some seconds of events. */
const MOST = 1024;

/** Sequence numbers of received packets without voice, such as those of digits. They do not count as missing. */
export class Voiceless {
  readonly #numbers = new Set<number>();

  note(sequence: number): void {
    this.#numbers.add(sequence);
    if (this.#numbers.size <= MOST) return;
    for (const oldest of this.#numbers) {
      this.#numbers.delete(oldest);
      break;
    }
  }

  /** Returns the number of missing packets from `first` to before `next`. */
  missing(first: number, next: number): number {
    let missing = next - first;
    if (missing > 0) for (const number of this.#numbers) if (number >= first && number < next) missing--;
    return missing;
  }

  clear(): void {
    this.#numbers.clear();
  }
}
