import { randomInt, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/time/clock.js';

/** Number of wrong codes after which a new code must be sent. */
const MAX_TRIES = 5;
/** Lifetime of a code, in milliseconds. */
const LASTS_MS = 24 * 3_600_000;
/** Most numbers of one user that wait for a code. Beyond that the oldest is forgotten. */
const MAX_WAITING = 20;

/** Prefixes of countries that allow no sender other than Skype (reference, NO_SENDERID_CAPABILITY). */
const REFUSED_COUNTRIES = ['+1', '+886', '+86'];

interface Code {
  readonly text: string;
  readonly until: number;
  tries: number;
}

/** Codes sent to phone numbers that users want as their reply number. They do not survive a restart. */
export class ConfirmationCodes {
  readonly #clock: Clock;
  readonly #codes = new Map<string, Map<string, Code>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True for a number of the USA, Taiwan or China. */
  static refuses(number: string): boolean {
    return REFUSED_COUNTRIES.some((beginning) => number.startsWith(beginning));
  }

  /** Makes a code for a number. It replaces an earlier code. */
  make(handle: string, number: string): string {
    const text = String(randomInt(0, 1_000_000)).padStart(6, '0');
    const codes = this.#codes.get(handle) ?? new Map<string, Code>();
    codes.delete(number);
    codes.set(number, { text, until: this.#clock.now() + LASTS_MS, tries: 0 });
    const [oldest] = codes.keys();
    if (codes.size > MAX_WAITING && oldest !== undefined) codes.delete(oldest);
    this.#codes.set(handle, codes);
    return text;
  }

  /** Checks a code. @returns true for the right code, once. */
  take(handle: string, number: string, text: string): boolean {
    const codes = this.#codes.get(handle);
    const code = codes?.get(number);
    if (!codes || !code) return false;
    const isRight = isSame(text.trim(), code.text) && this.#clock.now() <= code.until;
    code.tries++;
    if (isRight || code.tries >= MAX_TRIES) codes.delete(number);
    return isRight;
  }
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
