import type { PlaybackReport } from '../player.js';
import type { QueuedPlayback } from './queued-playback.js';

/** Playbacks in the order in which they are played. */
export class PlaybackQueue {
  #playbacks: QueuedPlayback[] = [];

  get empty(): boolean {
    return this.#playbacks.length === 0;
  }

  get last(): QueuedPlayback | undefined {
    return this.#playbacks.at(-1);
  }

  add(playback: QueuedPlayback): void {
    this.#playbacks.push(playback);
  }

  /**
   * Returns at most `limit` samples (per channel) to send at `position`: a run of a playback, or a number of samples of
   * silence. Undefined while it waits for the source at the head.
   */
  next(limit: number, position: number): Int16Array | number | undefined {
    this.settleFinished(position);
    const head = this.#playbacks[0];
    if (!head) return limit;
    const until = head.begun ? 0 : head.at - position;
    if (until > 0) return Math.min(limit, until);
    const run = head.read(limit, position);
    return run ?? (head.underrun === 'wait' ? undefined : limit);
  }

  /** Removes the playbacks at the head that have nothing left. They finish at `position`. */
  settleFinished(position: number): void {
    for (let head = this.#playbacks[0]; head?.exhausted; head = this.#playbacks[0]) {
      this.#playbacks.shift();
      head.finish(position, head.error ? 'failed' : 'played');
    }
  }

  /** Removes all playbacks at `position`. Returns the number of samples that were ready and are not played. */
  clear(position: number, outcome: PlaybackReport['outcome']): number {
    const removed = this.#playbacks;
    this.#playbacks = [];
    let unsent = 0;
    for (const playback of removed) {
      unsent += playback.ready;
      playback.finish(position, outcome);
    }
    return unsent;
  }
}
