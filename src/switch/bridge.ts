import type { Fence } from '../base/listener/fence.js';
import { FRAME_SAMPLES, type MadeUp, mixInto, type Party } from './party.js';

interface Seat {
  readonly party: Party;
  readonly spoken: Int16Array;
  readonly mix: Int16Array;
  readonly hears: Set<Seat>;
  /** Stretches of its audio that its line made up, as reported in this tick. */
  madeUp: readonly MadeUp[];
  /** True after it has thrown. From then on it neither speaks nor hears. */
  failed: boolean;
}

/**
 * Carries voice between any number of parties. In each tick of 20 ms every party speaks once, and hears the sum of the
 * parties that it is linked with, from the same tick. Links go both ways. A party without a link goes on ticking and
 * hears silence, so a hold becomes silence of exactly its length.
 */
export class Bridge {
  readonly #fence: Fence;
  readonly #seats = new Map<Party, Seat>();
  #ticks = 0;
  /** Ticks that are due and not made yet. */
  #due = 0;
  #running: Promise<void> | undefined;

  /** @param fence reports a party that throws, once: it is not asked again. */
  constructor(fence: Fence) {
    this.#fence = fence;
  }

  /** Samples that have passed since the bridge began. */
  get position(): number {
    return this.#ticks * FRAME_SAMPLES;
  }

  get empty(): boolean {
    return this.#seats.size === 0;
  }

  /** Adds a party. It hears nobody yet. */
  join(party: Party): void {
    this.#seatOf(party);
  }

  /** Links two parties: they hear each other from the next tick on. */
  link(a: Party, b: Party): void {
    const [seatA, seatB] = [this.#seatOf(a), this.#seatOf(b)];
    seatA.hears.add(seatB);
    seatB.hears.add(seatA);
  }

  /** Removes all links. The parties stay. */
  unlinkAll(): void {
    for (const seat of this.#seats.values()) seat.hears.clear();
  }

  /** Removes a party without ending it, so that it can join another bridge. Waits for the current tick. */
  async release(party: Party): Promise<void> {
    const seat = this.#seats.get(party);
    if (!seat) return;
    this.#seats.delete(party);
    for (const other of seat.hears) other.hears.delete(seat);
    this.#fence.run('voice', () => party.pause?.());
    await this.#running;
  }

  /** Removes a party, and makes it flush and close its streams. */
  async leave(party: Party): Promise<void> {
    await this.release(party);
    await this.#fence.run('voice', () => party.leave());
  }

  /**
   * Moves one frame from each party to those linked with it, `count` times. Returns a promise only when it has to wait
   * for a party. Ticks that become due meanwhile are caught up after the wait, and the promise covers them.
   */
  tick(count = 1): void | Promise<void> {
    this.#due += count;
    if (this.#running) return this.#running;
    const waiting = this.#catchUp();
    if (!waiting) return;
    this.#running = waiting.finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Returns true while the next frame of a party is on its way. */
  isAwaited(): boolean {
    for (const seat of this.#seats.values())
      if (seat.party.isAwaited && this.#answer(seat, () => seat.party.isAwaited?.())) return true;
    return false;
  }

  /**
   * Returns the milliseconds by which the last tick could have come earlier for all parties; undefined when no party
   * tells it.
   */
  spareMs(): number | undefined {
    let least: number | undefined;
    for (const seat of this.#seats.values()) {
      const spare = seat.party.spareMs && this.#answer(seat, () => seat.party.spareMs?.());
      if (spare !== undefined) least = Math.min(least ?? spare, spare);
    }
    return least;
  }

  #catchUp(): void | Promise<void> {
    while (this.#due > 0) {
      this.#due--;
      const waiting = this.#exchangeFrames();
      if (waiting) return waiting.then(() => this.#catchUp());
    }
  }

  #exchangeFrames(): void | Promise<void> {
    const speaking = runAll(this.#seats.values(), (seat) =>
      this.#ask(seat, () => seat.party.speak(seat.spoken)),
    );
    this.#ticks++;
    return speaking ? speaking.then(() => this.#hear()) : this.#hear();
  }

  #hear(): void | Promise<void> {
    for (const seat of this.#seats.values()) {
      if (!seat.party.madeUp) continue;
      this.#ask(seat, () => {
        seat.madeUp = seat.party.madeUp?.() ?? NONE;
      });
    }
    return runAll(this.#seats.values(), (seat) =>
      this.#ask(seat, () => seat.party.hear(heardBy(seat), madeUpFor(seat))),
    );
  }

  #ask(seat: Seat, act: () => void | Promise<void>): void | Promise<void> {
    if (seat.failed) return;
    try {
      const wait = act();
      return wait?.catch((error: unknown) => this.#failed(seat, error));
    } catch (error) {
      this.#failed(seat, error);
    }
  }

  #answer<T>(seat: Seat, ask: () => T): T | undefined {
    if (seat.failed) return undefined;
    try {
      return ask();
    } catch (error) {
      this.#failed(seat, error);
      return undefined;
    }
  }

  #failed(seat: Seat, error: unknown): void {
    seat.failed = true;
    seat.spoken.fill(0);
    seat.madeUp = NONE;
    this.#fence.tell(error, 'voice');
  }

  #seatOf(party: Party): Seat {
    const known = this.#seats.get(party);
    if (known) return known;
    const seat: Seat = {
      party,
      spoken: new Int16Array(FRAME_SAMPLES),
      mix: new Int16Array(FRAME_SAMPLES),
      hears: new Set(),
      madeUp: NONE,
      failed: false,
    };
    this.#seats.set(party, seat);
    return seat;
  }
}

const NONE: readonly MadeUp[] = [];

function madeUpFor({ hears }: Seat): readonly MadeUp[] {
  const [first] = hears;
  if (first && hears.size === 1) return first.madeUp;
  const told = [...hears].filter(({ madeUp }) => madeUp.length > 0);
  return told.length === 0 ? NONE : told.flatMap(({ madeUp }) => madeUp);
}

function heardBy({ hears, mix }: Seat): Int16Array {
  const [first] = hears;
  if (first && hears.size === 1) return first.spoken;
  mix.fill(0);
  for (const other of hears) mixInto(mix, other.spoken);
  return mix;
}

/**
 * Calls `run` for all items. Returns a promise only when one of the calls did, so that a tick without waits stays in
 * one turn.
 */
export function runAll<T>(
  items: Iterable<T>,
  run: (item: T) => void | Promise<void>,
): Promise<void> | undefined {
  let waits: Promise<void>[] | undefined;
  for (const item of items) {
    const wait = run(item);
    if (wait) {
      waits ??= [];
      waits.push(wait);
    }
  }
  return waits && Promise.all(waits).then(() => undefined);
}
