import type { Fence } from '../base/listener/fence.js';
import { PTIME_MS } from '../base/pcm.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import { type Bridge, waitFor } from './bridge.js';

/** A machine that was away for longer does not make up for it: its calls stood still, the same in every stream. */
const MAX_CATCH_UP_TICKS = 2000 / PTIME_MS;
/** Ticks made in one turn. Between turns sockets are read: a peer with a lead of 60 ms has sent more than this many frames. */
const MAX_TICKS_AT_ONCE = 2;
/** A tick that is later than this lets what has come meanwhile be read before it, in milliseconds. */
const LATE_MS = 3;
/** Parts of 20 ms over which the bridges are spread, so that no turn is long. */
const PHASES = 4;

/**
 * The one clock of all voice: ticks every bridge each 20 ms. Ticks lie on an absolute schedule, so a late one is
 * caught up and nothing drifts. A bridge that waits for its sockets holds up no other; on a virtual clock time stands
 * still meanwhile.
 */
export class VoiceTicker {
  /** Wraps each act of a party. */
  readonly fence: Fence;
  readonly #phases: readonly Phase[];

  constructor(clock: Clock, fence: Fence) {
    this.fence = fence;
    this.#phases = Array.from(
      { length: PHASES },
      (_, index) => new Phase(clock, (index * PTIME_MS) / PHASES),
    );
  }

  /** Ticks left out because the machine was away for seconds. */
  get skippedTicks(): number {
    return this.#phases.reduce((sum, { skipped }) => sum + skipped, 0);
  }

  /** Begins to tick a bridge; at once when nothing else ticks. */
  add(bridge: Bridge): void {
    const [emptiest] = [...this.#phases].sort((a, b) => a.size - b.size);
    emptiest?.add(bridge);
  }

  remove(bridge: Bridge): void {
    for (const phase of this.#phases) phase.remove(bridge);
  }
}

/** The bridges that are ticked together. */
class Phase {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #bridges = new Set<Bridge>();
  #startedAt = 0;
  #ticks = 0;
  #skipped = 0;
  #cancelTimer: CancelTimer | undefined;

  /** @param delayMs from the coming of the first bridge to its first tick. */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  get size(): number {
    return this.#bridges.size;
  }

  get skipped(): number {
    return this.#skipped;
  }

  add(bridge: Bridge): void {
    this.#bridges.add(bridge);
    if (this.#cancelTimer) return;
    this.#startedAt = this.#clock.now() + this.#delayMs;
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
  #run(hasRead = false): void | Promise<void> {
    const late = this.#clock.now() - this.#startedAt - this.#ticks * PTIME_MS;
    if (late > LATE_MS && !hasRead) {
      // It is this process that was away, not the peers: what they have sent in time waits in their sockets.
      this.#cancelTimer = this.#clock.timerAt(this.#clock.now(), () => this.#run(true));
      return;
    }
    // A timer that fires a fraction early, or a sum that is rounded down, is on time.
    const behind = Math.max(0, Math.floor(late / PTIME_MS));
    const away = behind > MAX_CATCH_UP_TICKS ? behind : 0;
    const due = Math.min(behind - away + 1, MAX_TICKS_AT_ONCE);
    this.#skipped += away;
    this.#ticks += away + due;
    this.#schedule();
    return waitFor([...this.#bridges], (bridge) => bridge.tick(due));
  }
}
