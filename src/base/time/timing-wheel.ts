import { invalidArgument } from '../errors.js';
import { Histogram } from '../histogram.js';
import type { CancelTimer, Clock } from './clock.js';

/** Something that is visited once a turn. A visit must not throw. */
export interface WheelMember {
  visit(): void;
}

/** Longest time that a turn keeps the thread, in ms, before other work gets it. */
const SLICE_MS = 2;
/**
 * Members added one after another that are visited one after another. A program that sends to many streams mostly goes
 * through them in one order, so its data for neighbours lies side by side in memory and is read faster in that order
 * (docs/performance.md).
 */
const RUN = 64;

/**
 * Visits each member once every `intervalMs`. Members are spread over slots, in runs, so that the work of a turn is
 * spread over its time. One timer serves them all, and empty slots need none. The schedule is absolute: turns do not
 * drift, and a turn that was missed is not made up for.
 */
export class TimingWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: readonly Set<WheelMember>[];
  readonly #slotOf = new Map<WheelMember, Set<WheelMember>>();
  readonly #origin: number;
  /** The slot that members were added to last. */
  #filling: Set<WheelMember> | undefined;
  #cancel: CancelTimer | undefined;
  #dueTick = 0;
  /** The newest tick whose turn was made. */
  #turned = 0;
  /** Members whose visit is due, in order: at most those of one turn and the rest of a slot. */
  #waiting: (WheelMember | undefined)[] = [];
  #next = 0;
  #visiting = false;
  /** Delays of the visits of slots, in ms. */
  readonly lateness: Histogram;

  /** @param options `lateness`: a histogram to count in. Default: one of its own. */
  constructor(clock: Clock, options: { intervalMs: number; slots: number; lateness?: Histogram }) {
    const { intervalMs, slots, lateness = new Histogram() } = options;
    if (!(intervalMs >= 1)) throw invalidArgument('intervalMs', '1 or more', intervalMs);
    this.#clock = clock;
    this.#tickMs = intervalMs / slots;
    this.#slots = Array.from({ length: slots }, () => new Set<WheelMember>());
    this.#origin = clock.now();
    this.lateness = lateness;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** Adds `member`, next to the one before it or to the emptiest slot. Does nothing when it is on the wheel. */
  add(member: WheelMember): void {
    if (this.#slotOf.has(member)) return;
    const slot = this.#slotToFill();
    slot.add(member);
    this.#slotOf.set(member, slot);
    if (slot.size === 1) this.#schedule();
  }

  delete(member: WheelMember): void {
    const slot = this.#slotOf.get(member);
    if (!slot) return;
    slot.delete(member);
    this.#slotOf.delete(member);
    this.#leaveOut(member);
    if (this.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Moves `member` to the wheel `to`, if it is on this one. */
  handOver(member: WheelMember, to: TimingWheel): void {
    if (to === this || !this.#slotOf.has(member)) return;
    this.delete(member);
    to.add(member);
  }

  /** Makes an overdue turn at once: for loops that keep this thread busy. */
  catchUp(): void {
    if (this.#cancel && this.#lateMs > SLICE_MS) this.#turn();
  }

  /** The slot that was filled last, until it is a run ahead of the emptiest. */
  #slotToFill(): Set<WheelMember> {
    const emptiest = this.#slots.reduce((least, other) => (other.size < least.size ? other : least));
    if (!this.#filling || this.#filling.size - emptiest.size >= RUN) this.#filling = emptiest;
    return this.#filling;
  }

  /** Milliseconds since the next turn was due; negative before. */
  get #lateMs(): number {
    return this.#clock.now() - (this.#origin + this.#dueTick * this.#tickMs);
  }

  /** Sets the timer to the next tick whose slot has members. */
  #schedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.size === 0) return;
    // The quotient of a tick's own time may be rounded to less than the tick: its turn is not made again.
    let tick = Math.max(Math.floor((this.#clock.now() - this.#origin) / this.#tickMs), this.#turned) + 1;
    while (this.#slotAt(tick)?.size === 0) tick++;
    this.#dueTick = tick;
    this.#cancel = this.#clock.timerAt(this.#origin + tick * this.#tickMs, () => this.#turn());
  }

  #turn(): void {
    const due = this.#dueTick;
    const lateMs = this.#lateMs;
    this.lateness.record(lateMs);
    const passed = Math.min(Math.floor(lateMs / this.#tickMs), this.#slots.length - 1);
    for (let tick = due; tick <= due + passed && this.#waiting.length < this.size; tick++) {
      this.#waiting.push(...(this.#slotAt(tick) ?? []));
    }
    this.#turned = due + Math.max(passed, -1);
    this.#schedule();
    if (this.#waiting.length > 0 && !this.#visiting) this.#visit();
  }

  /** Visits the waiting members, in slices; on a clock that stands still, all in one slice. */
  #visit(): void {
    const start = this.#clock.now();
    this.#visiting = true;
    while (this.#next < this.#waiting.length && this.#clock.now() - start < SLICE_MS) {
      this.#waiting[this.#next++]?.visit();
    }
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
    this.#visiting = this.#waiting.length > 0;
    if (this.#visiting) setImmediate(() => this.#visit());
  }

  /** Skips a member that is removed while its slot is being visited. */
  #leaveOut(member: WheelMember): void {
    for (
      let index = this.#waiting.indexOf(member, this.#next);
      index >= 0;
      index = this.#waiting.indexOf(member, index + 1)
    ) {
      this.#waiting[index] = undefined;
    }
  }

  #slotAt(tick: number): Set<WheelMember> | undefined {
    return this.#slots[tick % this.#slots.length];
  }
}
