import { samplesToMs } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import type { Playback } from '../../stream/player.js';
import type { CallEar } from './call-ear.js';

/**
 * Tracks when the caller has heard the last sample of a prompt. Samples are sent ahead of time. A sample counts as
 * heard when the caller's own voice has reached its position on the time line of the call.
 */
export class SpokenLine {
  readonly #clock: Clock;
  readonly #ear: Pick<CallEar, 'position'>;
  readonly #start: number;
  readonly #saying = new Set<Playback>();
  readonly #waiting = new Set<() => void>();
  #heardAt = Number.NEGATIVE_INFINITY;

  /** @param start Position of the player's first sample on the time line of the call. */
  constructor(clock: Clock, ear: Pick<CallEar, 'position'>, start: number) {
    this.#clock = clock;
    this.#ear = ear;
    this.#start = start;
  }

  /** Adds a playback that has an end. */
  add(playback: Playback): void {
    this.#saying.add(playback);
    void playback.finished.then(({ to, played }) => {
      this.#saying.delete(playback);
      const ahead = this.#start + to - this.#ear.position;
      if (played > 0) this.#heardAt = this.#clock.now() + Math.max(0, samplesToMs(ahead));
      if (this.#saying.size === 0) for (const begin of [...this.#waiting]) begin();
    });
  }

  /**
   * Calls `task` when `ms` have passed since now, and since the last queued sample was heard, whichever is later.
   * Returns a function that cancels it.
   */
  after(ms: number, task: () => void): () => void {
    let cancel = () => {};
    const begin = () => {
      this.#waiting.delete(begin);
      cancel = this.#clock.timerAt(Math.max(this.#clock.now(), this.#heardAt) + ms, task);
    };
    if (this.#saying.size > 0) this.#waiting.add(begin);
    else begin();
    return () => {
      this.#waiting.delete(begin);
      cancel();
    };
  }
}
