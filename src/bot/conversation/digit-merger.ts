/** Source of a digit: a `CALL n DTMF d` notification, or a tone in the voice stream. */
export type DigitSource = 'api' | 'tone';

/** A key press that only one source has reported so far. */
interface Press {
  readonly source: DigitSource;
  readonly digit: string;
  /** End of the report: the time of a notification, or the end of a tone. */
  untilMs: number;
}

/** Longest time between the end of one report of a key press and the beginning of the other. */
const MAX_APART_MS = 600;

/**
 * Merges the two reports of one key press into one digit. A tone lasts as long as the key is down. A notification may
 * come when the key goes down, when it comes up, or in between. So a notification matches a tone that sounds or ended
 * up to 600 ms ago, and a tone matches a notification that came up to 600 ms before it began. The oldest report without
 * a match is taken first: `11` pressed quickly is two digits, with both sources and with one.
 */
export class DigitMerger {
  #single: Press[] = [];

  /** Takes a notification, or a tone that begins. Returns true when it is a new press. `atMs` never decreases. */
  take(source: DigitSource, digit: string, atMs: number): boolean {
    this.#single = this.#single.filter((press) => atMs - press.untilMs <= MAX_APART_MS);
    const double = this.#single.findIndex((press) => press.digit === digit && press.source !== source);
    if (double >= 0) this.#single.splice(double, 1);
    else this.#single.push({ source, digit, untilMs: source === 'tone' ? Number.POSITIVE_INFINITY : atMs });
    return double < 0;
  }

  /** Takes the end of the tone that sounds. */
  toneEnded(atMs: number): void {
    for (const press of this.#single) press.untilMs = Math.min(press.untilMs, atMs);
  }
}
