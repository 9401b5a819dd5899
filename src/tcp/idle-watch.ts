import type { CancelTimer, Clock } from '../base/clock.js';
import type { IdleLimit } from './server-options.js';

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

/** The limit of a peer; 0 where it has none. */
export function idleLimitOf(address: string, { loopback, beyond }: IdleLimit): number {
  return address === '::1' || address.startsWith('127.') ? loopback : beyond;
}
