/** By which way a digit came: a `CALL n DTMF d` notification, or as a tone in the voice stream. */
export type DigitSource = 'api' | 'tone';

interface Press {
  readonly source: DigitSource;
  readonly digit: string;
  readonly atMs: number;
}

/** Reports by the two ways that lie further apart are two presses. */
const MAX_APART_MS = 600;

/**
 * Makes one digit of the two reports that one press can give. A report is the double of the oldest report of the
 * same digit by the other way that has no double yet and is at most 600 ms old; so `11` pressed quickly and heard
 * both ways is two digits, and so is `11` heard one way only.
 */
export class DigitMerger {
  #single: Press[] = [];

  /** Takes a report; returns whether it is a new press. `atMs` never decreases. */
  take(source: DigitSource, digit: string, atMs: number): boolean {
    this.#single = this.#single.filter((press) => atMs - press.atMs <= MAX_APART_MS);
    const double = this.#single.findIndex((press) => press.digit === digit && press.source !== source);
    if (double < 0) this.#single.push({ source, digit, atMs });
    else this.#single.splice(double, 1);
    return double < 0;
  }
}
