import { timingSafeEqual } from 'node:crypto';
import { JackfieldError } from '../../base/errors.js';
import { backOffMs } from '../../base/time/back-off.js';
import type { Door } from './door.js';

/** First and longest delay after wrong tokens, in milliseconds. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/** Checks the tokens sent to one port. The delay grows with the number of wrong ones. */
export class TokenCheck {
  readonly #wanted: Buffer;
  readonly #door: Door;
  #wrong = 0;

  constructor(token: string, door: Door) {
    this.#wanted = Buffer.from(`AUTH ${token}`);
    this.#door = door;
  }

  /**
   * Compares `line` with `AUTH <token>` and calls `decided` with the result: at once, or with a delay after wrong
   * tokens.
   *
   * @returns true when the token is right. The caller must not reveal it before `decided` is called.
   */
  look(line: Buffer, decided: (knows: boolean) => void): boolean {
    const knows = line.length === this.#wanted.length && timingSafeEqual(line, this.#wanted);
    const waitMs = this.#waitMs();
    if (knows) this.#wrong = 0;
    else this.#count();
    const { clock } = this.#door;
    if (waitMs === 0) decided(knows);
    else clock.timerAt(clock.now() + waitMs, () => decided(knows));
    return knows;
  }

  #waitMs(): number {
    const beyond = this.#wrong - this.#door.limits.wrongTokens;
    return backOffMs(beyond + 1, { firstMs: FIRST_WAIT_MS, longestMs: LONGEST_WAIT_MS });
  }

  #count(): void {
    this.#wrong++;
    const { limits, fence } = this.#door;
    if (this.#wrong % limits.wrongTokens !== 0) return;
    fence.tell(
      new JackfieldError(
        'ERR_LIMIT',
        `${this.#wrong} wrong tokens in a row: a client is guessing, or has an old token.`,
      ),
      'TCP',
    );
  }
}
