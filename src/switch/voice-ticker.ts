import { JackfieldError } from '../base/errors.js';
import type { Fence } from '../base/listener/fence.js';
import { PTIME_MS } from '../base/pcm.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import { type Bridge, runAll } from './bridge.js';
import { TickAim } from './tick-aim.js';

/**
 * Most ticks that are caught up: two seconds. After a longer halt none are: the calls stood still, for the same time in
 * every stream.
 */
const MAX_CATCH_UP_TICKS = 2000 / PTIME_MS;
/** Most ticks by which a timer may be early. When it is earlier, the clock was set back. */
const EARLY_TICKS = 2;
/** Time within which jumps that several phases report are the same one, in milliseconds. */
const SAME_JUMP_MS = 1000;
/**
 * Most ticks in one turn of the event loop. Sockets are read between turns. A peer that is 60 ms ahead has sent more
 * frames than this.
 */
const MAX_TICKS_AT_ONCE = 2;
/** Delay of a tick above which the sockets are read before it, in milliseconds. */
const LATE_MS = 3;
/**
 * Phases of the ticks, one for each millisecond. They keep turns short, and let each bridge tick when its audio comes.
 */
const PHASES = PTIME_MS;
/** Distance between phases that are filled one after the other. */
const STRIDE = 5;
/** Delay of a tick above which it tells nothing about when audio comes, in milliseconds. The process was busy. */
const ON_TIME_MS = 2;
/** Greatest difference of equal times, in milliseconds. Times are sums of fractions. */
const NEAR_MS = 0.5;

/**
 * The single clock of all voice. It ticks each bridge every 20 ms. Ticks have an absolute schedule, so a late one is
 * caught up and nothing drifts. Within the schedule the ticks of a bridge are moved to where its audio comes. A bridge
 * that waits for its sockets does not hold up the others; a virtual clock stands still during the wait. Where the clock
 * jumps, ahead or back, the schedule jumps with it, and the fence is told. Ticks are neither caught up after a jump
 * ahead, nor delayed after a jump back.
 */
export class VoiceTicker {
  /** Fence that runs the actions of the parties. */
  readonly fence: Fence;
  readonly #clock: Clock;
  readonly #phases: readonly Phase[];
  /** Time of the first tick of the first phase. */
  #begunAt = 0;
  /** Time at which a jump of the clock was reported. */
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, fence: Fence) {
    this.fence = fence;
    this.#clock = clock;
    this.#phases = Array.from(
      { length: PHASES },
      (_, index) =>
        new Phase(clock, () => this.#begunAt + index, {
          move: (bridge, place, earlier) =>
            this.#phases[(index - earlier + PHASES) % PHASES]?.add(bridge, place),
          jumped: (ms) => this.#jumped(ms),
        }),
    );
  }

  /** Ticks that were left out because the process stood still for seconds. */
  get skippedTicks(): number {
    return this.#phases.reduce((sum, { skipped }) => sum + skipped, 0);
  }

  /** Begins to tick a bridge, immediately when nothing else ticks. */
  add(bridge: Bridge): void {
    const now = this.#clock.now();
    if (this.#phases.every(({ isIdle }) => isIdle)) this.#begunAt = now;
    const [emptiest] = this.#phases
      .map((_, at) => this.#phases[((at * STRIDE) % PHASES) + Math.floor((at * STRIDE) / PHASES)])
      .sort((a, b) => (a?.size ?? 0) - (b?.size ?? 0));
    emptiest?.add(bridge, { aim: new TickAim(), dueAt: now });
  }

  remove(bridge: Bridge): void {
    for (const phase of this.#phases) phase.remove(bridge);
  }

  #jumped(ms: number): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#toldAt) < SAME_JUMP_MS) return;
    this.#toldAt = now;
    const way =
      ms > 0 ? 'was suspended, or its clock jumped ahead, for' : 'runs on a clock that was set back by';
    const text = `This process ${way} ${(Math.abs(ms) / 1000).toFixed(1)} s; its calls continue from there.`;
    this.fence.tell(new JackfieldError('ERR_TIMEOUT', text), 'clock');
  }
}

/** A bridge in a phase. */
interface Place {
  readonly aim: TickAim;
  /** Time of its next tick. */
  dueAt: number;
}

/** Owner of a {@link Phase}. */
interface PhaseOwner {
  /** Puts a bridge that was removed into the phase that is `earlier` milliseconds earlier; later if negative. */
  move(bridge: Bridge, place: Place, earlier: number): void;
  /** Reports that the clock is `ms` ahead of the schedule; behind it if negative. */
  jumped(ms: number): void;
}

/** Bridges that are ticked together. */
class Phase {
  readonly #clock: Clock;
  readonly #first: () => number;
  readonly #owner: PhaseOwner;
  readonly #bridges = new Map<Bridge, Place>();
  #startedAt = 0;
  #ticks = 0;
  #skipped = 0;
  #cancelTimer: CancelTimer | undefined;

  /** @param first Returns the time of the first tick of the phase. */
  constructor(clock: Clock, first: () => number, owner: PhaseOwner) {
    this.#clock = clock;
    this.#first = first;
    this.#owner = owner;
  }

  get size(): number {
    return this.#bridges.size;
  }

  get skipped(): number {
    return this.#skipped;
  }

  get isIdle(): boolean {
    return this.#bridges.size === 0 && !this.#cancelTimer;
  }

  add(bridge: Bridge, place: Place): void {
    this.#bridges.set(bridge, place);
    if (this.#cancelTimer) return;
    this.#startedAt = this.#first();
    this.#ticks = Math.ceil((place.dueAt - NEAR_MS - this.#startedAt) / PTIME_MS);
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

  /**
   * Runs the ticks that are due. The next timer is set first, because a real clock does not wait for a bridge that
   * waits for its peers.
   */
  #run(hasRead = false): void | Promise<void> {
    const late = this.#clock.now() - this.#startedAt - this.#ticks * PTIME_MS;
    if (late > LATE_MS && !hasRead) {
      // This process was late, not the peers: the audio that they sent in time waits in the sockets.
      this.#cancelTimer = this.#clock.timerAt(this.#clock.now(), () => this.#run(true));
      return;
    }
    // A timer that fires a fraction of a millisecond early, or a sum that is rounded down, is on time.
    const behind = Math.floor(late / PTIME_MS);
    const away = behind > MAX_CATCH_UP_TICKS || behind < -EARLY_TICKS ? behind : 0;
    if (away !== 0) this.#owner.jumped(late);
    this.#skipped += Math.max(0, away);
    this.#ticks += away + Math.min(Math.max(0, behind - away) + 1, MAX_TICKS_AT_ONCE);
    const at = this.#startedAt + (this.#ticks - 1) * PTIME_MS;
    this.#schedule();
    const isOnTime = late <= ON_TIME_MS;
    return runAll([...this.#bridges], ([bridge, place]) => this.#tick(bridge, place, at, isOnTime));
  }

  /** Runs the ticks of a bridge that are due at `at`, and finds the time of the next. */
  #tick(bridge: Bridge, place: Place, at: number, isOnTime: boolean): void | Promise<void> {
    const { aim, dueAt } = place;
    // A bridge whose next tick is far away, because the clock has jumped, ticks now.
    const isLost = at - dueAt > MAX_CATCH_UP_TICKS * PTIME_MS || dueAt - at > EARLY_TICKS * PTIME_MS;
    const ticks = isLost ? 1 : Math.floor((at + NEAR_MS - dueAt) / PTIME_MS) + 1;
    if (ticks <= 0) return;
    place.dueAt = at + PTIME_MS;
    for (let left = ticks; left > 0; left--) {
      if (bridge.isAwaited() && aim.waits()) {
        // The last of the due ticks comes a millisecond later.
        this.#moveTo(at + 1 - (left - 1) * PTIME_MS, -1, bridge, aim);
        return;
      }
      const waiting = bridge.tick();
      if (waiting) return left > 1 ? bridge.tick(left - 1) : waiting;
    }
    if (!isOnTime || ticks !== 1 || !this.#bridges.has(bridge)) return;
    const earlier = aim.take(bridge.spareMs());
    if (earlier !== 0) this.#moveTo(place.dueAt - earlier, earlier, bridge, aim);
  }

  #moveTo(dueAt: number, earlier: number, bridge: Bridge, aim: TickAim): void {
    this.#bridges.delete(bridge);
    this.#owner.move(bridge, { aim, dueAt }, earlier);
  }
}
