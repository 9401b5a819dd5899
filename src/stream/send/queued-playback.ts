import { Outcome } from '../../base/deferred.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { PcmSource } from '../../base/pcm.js';
import type { Playback, PlaybackReport, PlayOptions } from '../player.js';

/** Chunks by which a source is read ahead, so that its own pauses are not heard. */
const READ_AHEAD_CHUNKS = 4;

/** A source in the player's queue, with its ready samples, the number of samples taken, and its outcome. */
export class QueuedPlayback implements Playback {
  readonly at: number;
  readonly underrun: 'silence' | 'wait';
  readonly #channels: number;
  readonly #onReady: () => void;
  readonly #iterator: AsyncIterator<Int16Array> | undefined;
  readonly #started = new Outcome<number>();
  readonly #finished = new Outcome<PlaybackReport>();
  #chunks: Int16Array[] = [];
  #offset = 0;
  #from: number | undefined;
  #played = 0;
  #pulling = false;
  #sourceEnded = false;
  #error: Error | undefined;

  constructor(
    source: Int16Array | PcmSource,
    channels: number,
    options: PlayOptions,
    /** Called when samples became ready or the source ended. */
    onReady: () => void,
  ) {
    this.#channels = channels;
    this.#onReady = onReady;
    this.at = options.at ?? 0;
    this.underrun = options.underrun ?? 'silence';
    if (source instanceof Int16Array) {
      this.#sourceEnded = true;
      if (source.length > 0) this.#chunks.push(source);
    } else {
      this.#iterator = source[Symbol.asyncIterator]();
      void this.#pull(this.#iterator);
    }
  }

  get started(): Promise<number> {
    return this.#started.promise;
  }

  get finished(): Promise<PlaybackReport> {
    return this.#finished.promise;
  }

  get begun(): boolean {
    return this.#from !== undefined;
  }

  /** True when the source has ended and nothing of it is left. */
  get exhausted(): boolean {
    return this.#sourceEnded && this.#chunks.length === 0;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Samples per channel that are ready to leave. */
  get ready(): number {
    let length = -this.#offset;
    for (const chunk of this.#chunks) length += chunk.length;
    return this.#chunks.length === 0 ? 0 : length / this.#channels;
  }

  /** Takes up to `limit` samples per channel, to be sent at `position`; undefined when none are ready. */
  read(limit: number, position: number): Int16Array | undefined {
    const chunk = this.#chunks[0];
    if (!chunk) return undefined;
    const end = Math.min(chunk.length, this.#offset + limit * this.#channels);
    const run = chunk.subarray(this.#offset, end);
    this.#offset = end;
    if (end === chunk.length) {
      this.#chunks.shift();
      this.#offset = 0;
      if (this.#iterator) void this.#pull(this.#iterator);
    }
    this.#begin(position);
    this.#played += run.length / this.#channels;
    return run;
  }

  /** Settles both promises, and discards what is left. */
  finish(position: number, outcome: PlaybackReport['outcome']): void {
    const began = this.#from !== undefined;
    if (!began && this.exhausted) this.#begin(position);
    const from = this.#from ?? position;
    if (this.#from === undefined) this.#started.reject(neverBegan(outcome));
    const report = { from, to: began ? position : from, played: this.#played, outcome };
    this.#finished.resolve(this.#error ? { ...report, error: this.#error } : report);
    this.#chunks = [];
    if (this.#sourceEnded) return;
    this.#sourceEnded = true;
    this.#iterator?.return?.().catch(() => {});
  }

  #begin(position: number): void {
    if (this.#from !== undefined) return;
    this.#from = position;
    this.#started.resolve(position);
  }

  async #pull(iterator: AsyncIterator<Int16Array>): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (!this.#sourceEnded && this.#chunks.length < READ_AHEAD_CHUNKS) {
        const { done, value } = await iterator.next();
        if (this.#sourceEnded) return;
        if (done) this.#sourceEnded = true;
        else if (value.length > 0) this.#chunks.push(this.#checked(value));
        this.#onReady();
      }
    } catch (error) {
      this.#sourceEnded = true;
      this.#error = error instanceof Error ? error : new JackfieldError('ERR_INVALID_ARG', messageOf(error));
      this.#onReady();
    } finally {
      this.#pulling = false;
    }
  }

  #checked(chunk: unknown): Int16Array {
    if (chunk instanceof Int16Array && chunk.length % this.#channels === 0) return chunk;
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `A source of samples must yield Int16Arrays of whole samples for ${this.#channels} channels.`,
    );
  }
}

/** Makes the error of {@link Playback.started} for a playback that ended before it began. */
export function neverBegan(outcome: PlaybackReport['outcome']): JackfieldError {
  return new JackfieldError('ERR_CLOSED', `The playback was ${outcome} before it started.`);
}
