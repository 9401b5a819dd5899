import { either, oneOf, rule, secret, whole } from '../check.js';
import type { CancelTimer, Clock } from '../time/clock.js';

/** Silence after which the system probes a peer, in ms, by default. */
export const DEFAULT_KEEP_ALIVE_MS = 5000;
/** Time for which the system probes a peer, once a second, before it gives the peer up, in ms. */
const PROBES_MS = 10_000;
const DEFAULT_IDLE_MS = 600_000;

/** Rule of the option `token`, which a client sends first. */
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

/**
 * Time without a byte after which a connection is closed, in ms; 0 is never. It differs for peers on this machine and
 * beyond it.
 */
export interface IdleLimit {
  readonly loopback: number;
  readonly beyond: number;
}

/** Makes the limit of the option `idleMs`. Peers on this machine have no limit unless it is given. */
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

/** Number of looks within the limit. Idleness is reported late by one look at most. */
const LOOKS = 4;

/**
 * Reports that a count has not changed for some time. It looks at the count at intervals, so it costs nothing for each
 * byte.
 */
export class IdleWatch {
  #cancel: CancelTimer | undefined;

  /** @param passed Returns the number of bytes so far; `undefined` while none are expected. */
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
