import { either, oneOf, rule, secret, whole } from '../check.js';
import type { CancelTimer, Clock } from '../time/clock.js';

/** Silence after which the system probes a peer, in ms, by default. */
export const DEFAULT_KEEP_ALIVE_MS = 5000;
/** Time that the system goes on probing, once a second, before it takes a peer for gone. */
const PROBES_MS = 10_000;
const DEFAULT_IDLE_MS = 600_000;

/** Rule of the option `token`: what a client says first. */
export const TOKEN = secret(
  rule(
    '16 to 512 printable ASCII characters',
    (value) => typeof value === 'string' && /^[!-~]{16,512}$/.test(value),
  ),
);
/** Rule of the option `keepAliveMs`; 0 turns it off. */
export const KEEP_ALIVE = either(oneOf(0), whole(1000, 7_200_000, 'ms'));
/** Rule of the option `idleMs`; 0 turns it off. */
export const IDLE = either(oneOf(0), whole(1000, 86_400_000, 'ms'));

/** Time without a byte after which a connection is closed, in ms, by the peer's place; 0 is never. */
export interface IdleLimit {
  readonly loopback: number;
  readonly beyond: number;
}

/** The limit of the option `idleMs`: peers on this machine have none unless it is given. */
export function idleLimit(ms: number | undefined): IdleLimit {
  return { loopback: ms ?? 0, beyond: ms ?? DEFAULT_IDLE_MS };
}

/** The limit of a peer; 0 where it has none. */
export function idleLimitOf(address: string, { loopback, beyond }: IdleLimit): number {
  return isLoopback(address) ? loopback : beyond;
}

/** Longest time that a peer may leave the system without an answer, in ms. */
export function silenceLimit(keepAliveMs: number): number {
  return keepAliveMs + PROBES_MS;
}

/** True when an address is a loopback address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Looks within the limit; idleness is reported at most one look late. */
const LOOKS = 4;

/**
 * Reports that a count has not changed for a while. It looks at the count now and then, so that the path of the bytes
 * pays nothing for it.
 */
export class IdleWatch {
  #cancel: CancelTimer | undefined;

  /** @param passed Gives the bytes so far; `undefined` while none are expected. */
  constructor(clock: Clock, idleMs: number, passed: () => number | undefined, onIdle: () => void) {
    let last = passed();
    let quiet = 0;
    const look = () => {
      const now = passed();
      quiet = now === undefined || now !== last ? 0 : quiet + 1;
      last = now;
      if (quiet < LOOKS) this.#cancel = clock.timerAt(clock.now() + idleMs / LOOKS, look);
      else onIdle();
    };
    this.#cancel = clock.timerAt(clock.now() + idleMs / LOOKS, look);
  }

  stop(): void {
    this.#cancel?.();
  }
}
