import { JackfieldError } from '../../base/errors.js';
import type { PcmFormat, PcmSource } from '../../base/pcm.js';
import type { Playback, Player, PlayOptions } from '../../stream/player.js';
import { checkPlayable } from '../../stream/send/play-options.js';
import type { WorkerThread } from './worker-thread.js';

/** The player of a lease in a worker. */
export class WorkerPlayer implements Player {
  readonly #thread: WorkerThread;
  readonly #lease: number;
  readonly #format: PcmFormat;
  readonly #position: () => number;
  readonly #isOver: () => boolean;
  #paused = false;

  constructor(
    thread: WorkerThread,
    lease: number,
    format: PcmFormat,
    line: { position: () => number; isOver: () => boolean },
  ) {
    this.#thread = thread;
    this.#lease = lease;
    this.#format = format;
    this.#position = line.position;
    this.#isOver = line.isOver;
  }

  get position(): number {
    return this.#position();
  }

  get paused(): boolean {
    return this.#paused;
  }

  play(source: Int16Array | PcmSource, options: PlayOptions = {}): Playback {
    if (this.#isOver()) {
      throw new JackfieldError('ERR_CLOSED', 'The lease has ended: nothing more can be played through it.');
    }
    checkPlayable(source, options, this.#format.channels);
    return this.#thread.play(this.#lease, source, options);
  }

  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  clear(): Promise<number> {
    return this.#thread.channel.request('clear', { lease: this.#lease });
  }

  mark(): Promise<number> {
    return this.#thread.channel.request('mark', { lease: this.#lease });
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#thread.channel.notify('setPaused', { lease: this.#lease, paused });
  }
}
