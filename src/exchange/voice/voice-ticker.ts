import type { CancelTimer, Clock } from '../../clock.js';
import { PTIME_MS } from '../../pcm.js';
import { type Bridge, waitFor } from './bridge.js';

/** A machine that was away for longer does not make up for it: its calls stood still, the same in every stream. */
const MAX_CATCH_UP_TICKS = 2000 / PTIME_MS;
/** Ticks made in one turn. Between turns sockets are read: an input holds no more than this many frames. */
const MAX_TICKS_AT_ONCE = 5;

/**
 * The one clock of all voice: ticks every bridge each 20 ms. Ticks lie on an absolute schedule, so a late one is
 * caught up and nothing drifts. A bridge that waits for its sockets holds up no other; on a virtual clock time stands
 * still meanwhile.
 */
export class VoiceTicker {
  readonly #clock: Clock;
  readonly #bridges = new Set<Bridge>();
  #startedAt = 0;
  #ticks = 0;
  #skipped = 0;
  #cancelTimer: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ticks left out because the machine was away for seconds. */
  get skippedTicks(): number {
    return this.#skipped;
  }

  /** Begins to tick a bridge; at once when nothing else ticks. */
  add(bridge: Bridge): void {
    this.#bridges.add(bridge);
    if (this.#cancelTimer) return;
    this.#startedAt = this.#clock.now();
    this.#ticks = 0;
    this.#schedule();
  }

  remove(bridge: Bridge): void {
    this.#bridges.delete(bridge);
  }

  #schedule(): void {
    this.#cancelTimer = undefined;
    if (this.#bridges.size === 0) return;
    this.#cancelTimer = this.#clock.timerAt(this.#startedAt + this.#ticks * PTIME_MS, () => this.#run());
  }

  /** The ticks that are due. The next is set first: a real clock does not wait for a bridge that waits for its peers. */
  #run(): void | Promise<void> {
    const behind = Math.floor((this.#clock.now() - this.#startedAt) / PTIME_MS) - this.#ticks;
    const away = behind > MAX_CATCH_UP_TICKS ? behind : 0;
    const due = Math.min(behind - away + 1, MAX_TICKS_AT_ONCE);
    this.#skipped += away;
    this.#ticks += away + due;
    this.#schedule();
    return waitFor([...this.#bridges], (bridge) => bridge.tick(due));
  }
}
