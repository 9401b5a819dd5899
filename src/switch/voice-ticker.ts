import { JackfieldError } from '../base/errors.js';
import type { Fence } from '../base/listener/fence.js';
import { PTIME_MS } from '../base/pcm.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import { type Bridge, waitFor } from './bridge.js';
import { TickAim } from './tick-aim.js';

/** A machine that was away for longer does not make up for it: its calls stood still, the same in every stream. */
const MAX_CATCH_UP_TICKS = 2000 / PTIME_MS;
/** Ticks by which a timer of a clock that runs may be early; by more the clock was set back. */
const EARLY_TICKS = 2;
/** Time within which several phases tell of the same jump, in milliseconds. */
const SAME_JUMP_MS = 1000;
/** Ticks made in one turn. Between turns sockets are read: a peer with a lead of 60 ms has sent more than this many frames. */
const MAX_TICKS_AT_ONCE = 2;
/** A tick that is later than this lets what has come meanwhile be read before it, in milliseconds. */
const LATE_MS = 3;
/** Places of ticks, one a millisecond: so that no turn is long, and each bridge has its ticks where its audio comes. */
const PHASES = PTIME_MS;
/** Steps between the phases that are filled one after the other. */
const STRIDE = 5;
/** A tick that is later than this tells nothing of when audio comes, in milliseconds: the process was busy. */
const ON_TIME_MS = 2;
/** Times that are no further apart are one: sums of fractions. */
const NEAR_MS = 0.5;

/**
 * The one clock of all voice: ticks every bridge each 20 ms. Ticks lie on an absolute schedule, so a late one is
 * caught up and nothing drifts; within that, those of a bridge are moved to where its audio comes. A bridge that waits for
 * its sockets holds up no other; on a virtual clock time stands still meanwhile. Where the clock jumps, ahead or back, the
 * schedule jumps with it, and the fence is told: nothing is made up for, and nothing waits until the old time comes again.
 */
export class VoiceTicker {
  /** Wraps each act of a party. */
  readonly fence: Fence;
  readonly #clock: Clock;
  readonly #phases: readonly Phase[];
  /** Time of the first tick of the first phase. */
  #begunAt = 0;
  /** Time at which a jump of the clock was told. */
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

  /** Ticks left out because the machine was away for seconds. */
  get skippedTicks(): number {
    return this.#phases.reduce((sum, { skipped }) => sum + skipped, 0);
  }

  /** Begins to tick a bridge; at once when nothing else ticks. */
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
    const way = ms > 0 ? 'stood still, or its clock went ahead, for' : 'has a clock that was set back by';
    const text = `This process ${way} ${(Math.abs(ms) / 1000).toFixed(1)} s; its calls go on from there.`;
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
  /** Puts a bridge that has been taken out into the phase that is so many milliseconds earlier, or later. */
  move(bridge: Bridge, place: Place, earlier: number): void;
  /** The clock is this much ahead of the schedule, or behind it where that is negative. */
  jumped(ms: number): void;
}

/** The bridges that are ticked together. */
class Phase {
  readonly #clock: Clock;
  readonly #first: () => number;
  readonly #owner: PhaseOwner;
  readonly #bridges = new Map<Bridge, Place>();
  #startedAt = 0;
  #ticks = 0;
  #skipped = 0;
  #cancelTimer: CancelTimer | undefined;

  /** @param first Time of its first tick, were there a bridge. */
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

  /** The ticks that are due. The next is set first: a real clock does not wait for a bridge that waits for its peers. */
  #run(hasRead = false): void | Promise<void> {
    const late = this.#clock.now() - this.#startedAt - this.#ticks * PTIME_MS;
    if (late > LATE_MS && !hasRead) {
      // It is this process that was away, not the peers: what they have sent in time waits in their sockets.
      this.#cancelTimer = this.#clock.timerAt(this.#clock.now(), () => this.#run(true));
      return;
    }
    // A timer that fires a fraction early, or a sum that is rounded down, is on time.
    const behind = Math.floor(late / PTIME_MS);
    const away = behind > MAX_CATCH_UP_TICKS || behind < -EARLY_TICKS ? behind : 0;
    if (away !== 0) this.#owner.jumped(late);
    this.#skipped += Math.max(0, away);
    this.#ticks += away + Math.min(Math.max(0, behind - away) + 1, MAX_TICKS_AT_ONCE);
    const at = this.#startedAt + (this.#ticks - 1) * PTIME_MS;
    this.#schedule();
    const isOnTime = late <= ON_TIME_MS;
    return waitFor([...this.#bridges], ([bridge, place]) => this.#tick(bridge, place, at, isOnTime));
  }

  /** Makes the ticks of a bridge that are due at `at`, and finds the place of the next. */
  #tick(bridge: Bridge, place: Place, at: number, isOnTime: boolean): void | Promise<void> {
    const { aim, dueAt } = place;
    // One that was to tick before or after the clock has jumped ticks now.
    const isLost = at - dueAt > MAX_CATCH_UP_TICKS * PTIME_MS || dueAt - at > EARLY_TICKS * PTIME_MS;
    const ticks = isLost ? 1 : Math.floor((at + NEAR_MS - dueAt) / PTIME_MS) + 1;
    if (ticks <= 0) return;
    place.dueAt = at + PTIME_MS;
    for (let left = ticks; left > 0; left--) {
      if (bridge.isAwaited() && aim.waits()) {
        // The last of them is a millisecond later.
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
