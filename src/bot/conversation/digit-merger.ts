/** By which way a digit came: a `CALL n DTMF d` notification, or as a tone in the voice stream. */
export type DigitSource = 'api' | 'tone';

/** A press that only one way has told of so far. */
interface Press {
  readonly source: DigitSource;
  readonly digit: string;
  /** End of the report: at once for a notification, the tone's own end for a tone. */
  untilMs: number;
}

/** Longest time between the end of one report of a key press and the other report of it. */
const MAX_APART_MS = 600;

/**
 * Makes one digit of the two reports that one press can give. A tone lasts as long as the key is down, and a
 * notification may come when the key goes down, when it comes up, or in between. So a notification is the double of a
 * tone that sounds or has ended up to 600 ms ago, and a tone is that of a notification that came up to 600 ms before it
 * began. Of several, the oldest that has no double yet is taken: `11` pressed quickly and heard both ways is two
 * digits, and so is `11` heard one way only.
 */
export class DigitMerger {
  #single: Press[] = [];

  /** Takes a notification, or a tone that begins; returns whether it is a new press. `atMs` never decreases. */
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
