import { deferred } from '../deferred.js';
import type { Playback, PlaybackReport } from '../player.js';
import { neverBegan } from '../send/queued-playback.js';

/** A playback in a worker, as this thread knows it. */
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
    this.#started.reject(
      new JackfieldError('ERR_CLOSED', `The playback was ${report.outcome} before it began.`),
    );
    this.#finished.resolve(report);
  }
}
