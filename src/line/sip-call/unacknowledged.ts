import type { Clock } from '../../base/time/clock.js';
import { Retransmission } from '../sip-transport/retransmission.js';
import type { SipTimes } from '../sip-transport/transaction.js';

interface Waiting {
  readonly timers: Retransmission;
  readonly isOffer: boolean;
}

/** The 2xx to INVITEs of one call whose ACK has not come: each is sent again until it does (RFC 3261, section 13.3.1.4). */
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
   * @param number The INVITE's CSeq.
   * @param isOffer True where the 2xx holds an offer, and the ACK the answer.
   * @param lost Called when no ACK has come in time.
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

  /** Takes an ACK. Gives nothing for one that none was waited for. */
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
