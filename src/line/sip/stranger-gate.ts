import type { Clock } from '../../base/time/clock.js';
import type { SipRequest } from '../sip-message/sip-message.js';

/** Most requests of all strangers in a second. */
const ALL_PER_SECOND = 250;
/** Longest request of a stranger: characters of its headers plus bytes of its body. */
const MAX_LENGTH = 8192;
/** Most addresses whose requests are counted. Beyond that, the one that has been quiet for longest is forgotten. */
const MAX_ADDRESSES = 4096;

/**
 * Requests that may still come, and the time of the last refill. It gains a number of requests each second, and holds
 * twice that number at most.
 */
interface Allowance {
  left: number;
  at: number;
}

/**
 * Limits the requests of addresses that are not trusted: their length, and their rate for each address and for all
 * together. What is kept about these addresses is bounded, and calls in progress are not affected.
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

  /**
   * Returns true for a request within the limits, and counts it.
   *
   * @param isKnown True for an address from which a phone has registered. Only the limit of that address applies to it.
   */
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

/** Takes one request from an allowance. Returns false when none is left. */
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
