import type { Clock } from '../../base/time/clock.js';
import { Retransmission } from '../sip-transport/retransmission.js';
import type { SipTimes } from '../sip-transport/transaction.js';

interface Waiting {
  readonly timers: Retransmission;
  readonly isOffer: boolean;
}

/**
 * 2xx responses to the INVITEs of a call without an ACK yet. Each is repeated until its ACK comes (RFC 3261, section
 * 13.3.1.4).
 */
export class Unacknowledged {
  readonly #clock: Clock;
  readonly #times: SipTimes;
  readonly #waiting = new Map<number, Waiting>();

  constructor(clock: Clock, times: SipTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /**
   * Waits for the ACK of a 2xx.
   *
   * @param number CSeq number of the INVITE.
   * @param isOffer True when the 2xx has an offer, and the ACK the answer.
   * @param lost called when no ACK has come in time.
   */
  add(number: number, isOffer: boolean, repeat: () => void, lost: () => void): void {
    const { t1, t2 } = this.#times;
    const timers = new Retransmission(this.#clock);
    this.#waiting.set(number, { timers, isOffer });
    timers.endIn(64 * t1, () => {
      this.#waiting.delete(number);
      lost();
    });
    timers.repeat(t1, (ms) => Math.min(2 * ms, t2), repeat);
  }

  /** Takes an ACK. Returns undefined for one that was not awaited. */
  take(number: number): { readonly isOffer: boolean } | undefined {
    const waiting = this.#waiting.get(number);
    waiting?.timers.stop();
    this.#waiting.delete(number);
    return waiting;
  }

  stop(): void {
    for (const { timers } of this.#waiting.values()) timers.stop();
    this.#waiting.clear();
  }
}
