import { msToSamples } from '../../base/pcm.js';
import { type CancelTimer, type Clock, systemClock } from '../../base/time/clock.js';
import { loopLateness } from '../timing/loop-lateness.js';
import type { LegName } from './ledger.js';

/** New samples, of both legs together, that are worth a round of writes: 200 ms. */
const FLUSH = msToSamples(200);
/**
 * A leg that came last this long ago, in ms, comes again soon, and both are written together: a batched reader reads
 * each every 250 ms. One that came later has just come; one that came earlier does not come at all.
 */
const SOON_MS = [125, 300] as const;

/** Decides when the samples of two legs are written, one round after another, and measures how busy this process is. */
export class WriteRounds {
  readonly #clock: Clock;
  readonly #ownBusyMs: (() => number) | undefined;
  #fresh = 0;
  /** Time at which each leg came last. */
  readonly #arrivedMs: Record<LegName, number> = { local: -Infinity, remote: -Infinity };
  #cancelSoon: CancelTimer | undefined;
  #pump: Promise<void> = Promise.resolve();

  /** @param busyMs Replaces what the event loop says. */
  constructor(clock: Clock, busyMs: (() => number) | undefined) {
    this.#clock = clock;
    this.#ownBusyMs = busyMs;
  }

  /**
   * Time that this process has been too busy to read samples, in ms, in all. Writes that are under way do not count:
   * samples are read meanwhile.
   */
  get busyMs(): number {
    if (this.#ownBusyMs) return this.#ownBusyMs();
    if (this.#clock !== systemClock) return 0;
    return loopLateness.lateMs;
  }

  /** Notes samples of a leg. Returns whether a round is due now; else calls `soon` when it is, if the other leg does not come. */
  isDue(name: LegName, samples: number, soon: () => Promise<void>): boolean {
    const now = this.#clock.now();
    this.#arrivedMs[name] = now;
    this.#fresh += samples;
    if (this.#fresh < FLUSH) return false;
    const otherCameMs = now - this.#arrivedMs[name === 'local' ? 'remote' : 'local'];
    if (otherCameMs < SOON_MS[0] || otherCameMs > SOON_MS[1]) return true;
    // What goes wrong comes out with the next write.
    this.#cancelSoon ??= this.#clock.timerAt(
      now + SOON_MS[1] - otherCameMs,
      () => void soon().catch(() => undefined),
    );
    return false;
  }

  /** Begins to count anew: all that has come is about to be written. */
  begin(): void {
    this.#fresh = 0;
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
  }

  /** Does `task` when the rounds before are through. */
  queue(task: () => Promise<void>): Promise<void> {
    this.#pump = this.#pump.then(task);
    return this.#pump;
  }
}
