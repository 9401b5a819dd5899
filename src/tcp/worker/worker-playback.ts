import { deferred } from '../../base/deferred.js';
import type { Playback, PlaybackReport } from '../../stream/player.js';
import { neverBegan } from '../../stream/send/queued-playback.js';

/** This thread's view of a playback in a worker. */
export class WorkerPlayback implements Playback {
  readonly #started = deferred<number>();
  readonly #finished = deferred<PlaybackReport>();
  readonly started = this.#started.promise;
  readonly finished = this.#finished.promise;

  #begun = false;

  constructor() {
    this.started.catch(() => {});
  }

  hasStarted(position: number): void {
    this.#begun = true;
    this.#started.resolve(position);
  }

  hasFinished(report: PlaybackReport): void {
    if (!this.#begun) this.#started.reject(neverBegan(report.outcome));
    this.#finished.resolve(report);
  }
}
