import type { Clock } from '../../base/time/clock.js';
import type { SipRequest } from '../sip-message/message.js';

/** Requests of all strangers in a second. */
const ALL_PER_SECOND = 250;
/** Longest request of a stranger, in characters of its headers and bytes of its body. */
const MAX_LENGTH = 8192;
/** Most addresses whose requests are counted; the one that has been quiet for longest is forgotten for another one. */
const MAX_ADDRESSES = 4096;

/** Requests that may come at once: so many are gained in each second, and twice as many are kept. */
interface Allowance {
  left: number;
  at: number;
}

/**
 * Bounds on the requests of addresses that nobody has vouched for: so many in a second, of each and of all, and so long.
 * Whatever they send, what is kept of them is bounded, and calls go on.
 */
export class StrangerGate {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #all: Allowance;
  readonly #addresses = new Map<string, Allowance>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#all = { left: 2 * ALL_PER_SECOND, at: clock.now() };
  }

  /** Counts a request in. @param isKnown True for an address from which a phone has registered: all others do not count. */
  admits(request: SipRequest, address: string, isKnown: boolean): boolean {
    if (lengthOf(request) > MAX_LENGTH) return false;
    const now = this.#clock.now();
    const own = this.#addresses.get(address) ?? { left: 2 * this.#perSecond, at: now };
    this.#addresses.delete(address);
    this.#addresses.set(address, own);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > MAX_ADDRESSES && oldest !== undefined) this.#addresses.delete(oldest);
    return taken(own, this.#perSecond, now) && (isKnown || taken(this.#all, ALL_PER_SECOND, now));
  }
}

/** Takes one of an allowance, if there is one left. */
function taken(allowance: Allowance, perSecond: number, now: number): boolean {
  const gained = ((now - allowance.at) * perSecond) / 1000;
  allowance.left = Math.min(2 * perSecond, allowance.left + gained);
  allowance.at = now;
  if (allowance.left < 1) return false;
  allowance.left--;
  return true;
}

function lengthOf({ headers, body }: SipRequest): number {
  let length = body.length;
  for (const [name, value] of headers) length += name.length + value.length;
  return length;
}
