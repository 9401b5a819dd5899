import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Period over which the least delay is measured, and of a look at it, in ms. */
const PERIOD_MS = 10_000;
const LOOK_MS = 1000;
/** Least delay of a period that is reported, in ms. */
const BEHIND_MS = 300;

/** Owner of a {@link DelayWatch}. */
export interface DelayWatchOwner {
  /** Returns the delay now, in milliseconds, and all samples that were ever dropped. Called once a second. */
  look(): { readonly delayMs: number; readonly dropped: number };
  /** The delay was at least this for ten seconds, in milliseconds. */
  behind(delayMs: number): void;
  /** This many more samples were dropped. */
  dropped(samples: number): void;
}

/** Watches the delay of a fork, and what it drops. */
export class DelayWatch {
  readonly #clock: Clock;
  readonly #owner: DelayWatchOwner;
  #least = Number.POSITIVE_INFINITY;
  #delayMs = 0;
  #dropped = 0;
  #looks = 0;
  #cancelTimer: CancelTimer;

  constructor(clock: Clock, owner: DelayWatchOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#cancelTimer = this.#next();
  }

  /** Least delay in the last ten seconds, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  end(): void {
    this.#cancelTimer();
  }

  #next(): CancelTimer {
    return this.#clock.timerAt(this.#clock.now() + LOOK_MS, () => {
      // The owner may end the watch, which cancels the next look.
      this.#cancelTimer = this.#next();
      this.#look();
    });
  }

  #look(): void {
    const { delayMs, dropped } = this.#owner.look();
    this.#least = Math.min(this.#least, delayMs);
    const more = dropped - this.#dropped;
    this.#dropped = dropped;
    if (more > 0) this.#owner.dropped(more);
    if (++this.#looks % (PERIOD_MS / LOOK_MS) !== 0) return;
    this.#delayMs = Math.round(this.#least);
    this.#least = Number.POSITIVE_INFINITY;
    if (this.#delayMs > BEHIND_MS) this.#owner.behind(this.#delayMs);
  }
}
