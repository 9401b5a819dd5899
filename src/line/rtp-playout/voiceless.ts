/** Numbers that are kept: some seconds of events. */
const MOST = 1024;

/** Numbers of packets that came and hold no voice, such as those of digits: they are not missing. */
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

  /** Packets missing from `first` up to `next`, which is left out. */
  missing(first: number, next: number): number {
    let missing = next - first;
    if (missing > 0) for (const number of this.#numbers) if (number >= first && number < next) missing--;
    return missing;
  }

  clear(): void {
    this.#numbers.clear();
  }
}
