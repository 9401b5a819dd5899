import { either, oneOf, whole } from './check.js';
import type { CancelTimer, Clock } from './clock.js';

/** After how much silence the system asks for a peer where nothing else is said, in ms. */
export const DEFAULT_KEEP_ALIVE_MS = 5000;
/** The system asks so often, once a second, before it takes a peer for gone. */
const PROBES_MS = 10_000;
const DEFAULT_IDLE_MS = 600_000;

/** What the options `keepAliveMs` and `idleMs` may be: 0 turns either off. */
export const KEEP_ALIVE = either(oneOf(0), whole(1000, 7_200_000, 'ms'));
export const IDLE = either(oneOf(0), whole(1000, 86_400_000, 'ms'));

/** After how long without a byte a connection is over, in ms; 0: never. */
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

/** How long a peer may leave the system without an answer, in ms. */
export function silenceLimit(keepAliveMs: number): number {
  return keepAliveMs + PROBES_MS;
}

/** Whether an address leads to this machine only. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Looks are taken so often within the limit; an end is told at most one look late. */
const LOOKS = 4;

/**
 * Tells when a count has not grown for a while. It looks now and then instead of being told of each byte, so that it
 * costs what passes nothing.
 */
export class IdleWatch {
  #cancel: CancelTimer | undefined;

  /** @param passed What has passed so far; undefined where nothing can be expected to. */
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
