import { samplesToMs } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import type { Playback } from '../../stream/player.js';
import type { CallEar } from './call-ear.js';

/**
 * Knows when the caller has heard the last sample of what was said. What leaves is ahead of what is heard: a sample of
 * the player is heard when its place on the time line of the call has come, which is that of the caller's own voice.
 */
export class SpokenLine {
  readonly #clock: Clock;
  readonly #ear: Pick<CallEar, 'position'>;
  readonly #start: number;
  readonly #saying = new Set<Playback>();
  readonly #waiting = new Set<() => void>();
  #heardAt = Number.NEGATIVE_INFINITY;

  /** @param start Place of the player's first sample on the time line of the call. */
  constructor(clock: Clock, ear: Pick<CallEar, 'position'>, start: number) {
    this.#clock = clock;
    this.#ear = ear;
    this.#start = start;
  }

  /** Takes something that is said and has an end. */
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
   * Does `task` when `ms` have passed since now and since the last sample of all that is queued was heard, whichever is
   * later. Returns what cancels that.
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
