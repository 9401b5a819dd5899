import { msToSamples } from '../../base/pcm.js';
import { type CancelTimer, type Clock, systemClock } from '../../base/time/clock.js';
import { loopLateness } from '../timing/loop-lateness.js';
import type { LegName } from './ledger.js';

/** New samples of both legs together that make a round of writes due: 200 ms. */
const FLUSH = msToSamples(200);
/**
 * Least time since a leg last came after which it is expected again soon, in ms. The round then waits for it, so that
 * both legs are written together. A leg that came later than that has just come.
 */
const SOON_MS = 125;
/**
 * Times since a leg last came up to which the round waits for it, in ms: a batched reader reads each leg every 250 ms,
 * and a line brings each every 350 ms.
 */
const EXPECTED_MS = [300, 450] as const;

/** Decides when the samples of two legs are written, in rounds one after another. Measures how busy this process is. */
export class WriteRounds {
  readonly #clock: Clock;
  readonly #ownBusyMs: (() => number) | undefined;
  #fresh = 0;
  /** Time at which each leg last came. */
  readonly #arrivedMs: Record<LegName, number> = { local: -Infinity, remote: -Infinity };
  #cancelSoon: CancelTimer | undefined;
  #pump: Promise<void> = Promise.resolve();

  /** @param busyMs Replaces the measurement on the event loop. */
  constructor(clock: Clock, busyMs: (() => number) | undefined) {
    this.#clock = clock;
    this.#ownBusyMs = busyMs;
  }

  /**
   * Total time for which this process was too busy to read samples, in ms. Writes under way do not count, since samples
   * are read meanwhile.
   */
  get busyMs(): number {
    if (this.#ownBusyMs) return this.#ownBusyMs();
    if (this.#clock !== systemClock) return 0;
    return loopLateness.lateMs;
  }

  /**
   * Notes samples of a leg. Returns true when a round is due now. Otherwise `soon` is called when it is due, if the
   * other leg does not come before.
   */
  isDue(name: LegName, samples: number, soon: () => Promise<void>): boolean {
    const now = this.#clock.now();
    this.#arrivedMs[name] = now;
    this.#fresh += samples;
    if (this.#fresh < FLUSH) return false;
    const otherCameMs = now - this.#arrivedMs[name === 'local' ? 'remote' : 'local'];
    const untilMs = EXPECTED_MS.find((most) => otherCameMs <= most);
    if (otherCameMs < SOON_MS || untilMs === undefined) return true;
    // An error is reported by the next write.
    this.#cancelSoon ??= this.#clock.timerAt(
      now + untilMs - otherCameMs,
      () => void soon().catch(() => undefined),
    );
    return false;
  }

  /** Begins to count anew, when all that has come is about to be written. */
  begin(): void {
    this.#fresh = 0;
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
  }

  /** Runs `task` when the rounds before it are done. */
  queue(task: () => Promise<void>): Promise<void> {
    this.#pump = this.#pump.then(task);
    return this.#pump;
  }
}
