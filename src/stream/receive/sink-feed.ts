import { deferred } from '../../base/deferred.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink } from '../../base/pcm.js';
import type { PcmChunk, SinkHandle, SinkPolicy, SinkStats } from '../sink.js';
import { Backlog } from './backlog.js';
import type { BufferBudget } from './buffer-budget.js';
import { FileSink } from './file-sink.js';
import type { SampleRun } from './sample-run.js';
import type { ResolvedSinkOptions } from './sink-options.js';

/** What a feed tells the stream that it belongs to. */
export interface FeedOwner {
  /** Whether others listen to the stream, whom a sink that is waited for must not delay. */
  readonly shared: boolean;
  /** A `wait` feed has no more room (`true`), or is down to its low watermark again. */
  pressed(feed: SinkFeed, pressed: boolean): void;
  overflowed(feed: SinkFeed): void;
  failed(feed: SinkFeed, error: Error): void;
  /** The sink was ended; the feed is done. */
  finished(feed: SinkFeed): void;
}

/** Carries samples to one sink at the sink's own speed, under its policy. */
export class SinkFeed implements SinkHandle {
  readonly #sink: PcmSink;
  /** The sink, where it is a file, which takes bytes as they were read. */
  readonly #file: FileSink | undefined;
  readonly #synchronous: boolean;
  readonly #options: ResolvedSinkOptions;
  readonly #channels: number;
  readonly #owner: FeedOwner;
  readonly #backlog: Backlog;
  readonly #done = deferred<SinkStats>();
  readonly done = this.#done.promise;
  #state: 'open' | 'ending' | 'ended' = 'open';
  #endError: Error | undefined;
  #busy = false;
  #pressed = false;
  #overflowing = false;
  #offered = 0;
  #delivered = 0;
  #dropped = 0;
  #spilled = 0;

  constructor(
    sink: PcmSink,
    options: ResolvedSinkOptions,
    format: PcmFormat,
    budget: BufferBudget,
    owner: FeedOwner,
  ) {
    this.#sink = sink;
    this.#file = sink instanceof FileSink ? sink : undefined;
    this.#synchronous = 'synchronous' in sink && sink.synchronous === true;
    this.#options = options;
    this.#channels = format.channels;
    this.#owner = owner;
    this.#backlog = new Backlog(options, format.channels, budget);
    this.done.catch(() => {});
  }

  get name(): string {
    return this.#options.name;
  }

  get isFile(): boolean {
    return this.#file !== undefined;
  }

  get policy(): SinkPolicy {
    return this.#options.policy;
  }

  get stats(): SinkStats {
    return {
      offered: this.#offered,
      delivered: this.#delivered,
      dropped: this.#dropped,
      spilled: this.#spilled,
      buffered: this.#backlog.size,
    };
  }

  /** Samples that the feed takes without the peer having to wait; Infinity unless its policy is `wait`. */
  get room(): number {
    if (this.#synchronous || this.policy !== 'wait') return Number.POSITIVE_INFINITY;
    const { memoryRoom, fileRoom } = this.#backlog;
    return this.#owner.shared ? Math.max(memoryRoom, fileRoom) : memoryRoom;
  }

  /** Why the file that the sink's excess goes to cannot be used, if it cannot. */
  get fileError(): unknown {
    return this.#backlog.fileError;
  }

  /** Takes samples that are only valid during the call. */
  write(run: SampleRun, position: number): void {
    if (this.#state !== 'open') return;
    const count = run.byteLength / (this.#channels * BYTES_PER_SAMPLE);
    this.#offered += count;
    if (this.#synchronous) {
      this.#handAtOnce(run, position, count);
      return;
    }
    this.#enqueue(run.samples, position, count);
    this.#pump();
  }

  /** Looks again whether the peer has to wait: whether the stream is shared has changed. */
  reconsider(): void {
    if (this.policy !== 'wait' || this.#state !== 'open') return;
    if (this.#eased) this.#press(false);
    else if (this.room === 0) this.#press(true);
  }

  /** Delivers what waits, then ends the sink. */
  end(error?: Error): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#endError = error;
    this.#pump();
  }

  /** Drops what waits and ends the sink. */
  abort(error?: Error): void {
    if (this.#state === 'ended') return;
    this.#endError = error;
    this.#finish();
  }

  remove(): Promise<SinkStats> {
    this.end();
    return this.done;
  }

  /** Whether the stream may go on: no more than the low watermark is in memory or, where it is used, half of the file. */
  get #eased(): boolean {
    const { size, spilled, fileRoom } = this.#backlog;
    const { resumeBelow, spillLimit } = this.#options;
    if (this.policy === 'wait' && this.#owner.shared && fileRoom > 0) return spilled <= spillLimit / 2;
    return size <= resumeBelow;
  }

  /** Whether the next read, however long, is only passed on: nothing waits, and nothing may be dropped. */
  get #keepsUp(): boolean {
    return (this.policy === 'wait' || this.policy === 'spill') && this.#backlog.size === 0;
  }

  #enqueue(samples: Int16Array, position: number, count: number): void {
    const room = this.#backlog.memoryRoom;
    if (count <= room || (room > 0 && this.#keepsUp)) {
      this.#backlog.push(samples, position);
      this.reconsider();
      return;
    }
    switch (this.policy) {
      case 'wait':
        this.#keep(samples, position, count);
        return;
      case 'spill': {
        const spilled = this.#spill(samples, position);
        if (this.fileError === undefined) this.#drop(count - spilled);
        else this.#fail(this.fileError, count - spilled);
        return;
      }
      case 'drop-newest':
        this.#backlog.push(samples.subarray(0, room * this.#channels), position);
        this.#drop(count - room);
        return;
      case 'drop-oldest': {
        const tooMany = count - room - this.#backlog.dropOldest(count - room);
        this.#backlog.push(samples.subarray(tooMany * this.#channels), position + tooMany);
        this.#drop(count - room);
        return;
      }
      case 'close':
        this.#drop(count);
        return;
      default:
        this.policy satisfies never;
    }
  }

  /** Keeps them all: where others listen in the file, else in memory; then the peer has to wait. */
  #keep(samples: Int16Array, position: number, count: number): void {
    const spilled = this.#owner.shared ? this.#spill(samples, position) : 0;
    if (spilled < count) this.#backlog.push(samples.subarray(spilled * this.#channels), position + spilled);
    this.reconsider();
  }

  /** Returns how many samples the file took. */
  #spill(samples: Int16Array, position: number): number {
    const spilled = this.#backlog.spill(samples, position);
    this.#spilled += spilled;
    if (spilled > 0) this.#overflow();
    return spilled;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#overflow();
  }

  #overflow(): void {
    if (this.#overflowing) return;
    this.#overflowing = true;
    this.#owner.overflowed(this);
  }

  #pump(): void {
    while (!this.#busy && this.#state !== 'ended') {
      const chunk = this.#next();
      if (!chunk) {
        if (this.#state === 'ending') this.#finish();
        return;
      }
      this.#hand(chunk.samples, chunk.position);
    }
  }

  #next(): PcmChunk | undefined {
    try {
      return this.#backlog.take();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** A synchronous sink has taken them when it returns: nothing ever waits for it. */
  #handAtOnce(run: SampleRun, position: number, count: number): void {
    try {
      if (this.#file) this.#file.writeRun(run, position);
      else this.#sink.write(run.samples, position);
      this.#delivered += count;
    } catch (error) {
      this.#fail(error, count);
    }
  }

  #hand(samples: Int16Array, position: number): void {
    this.#busy = true;
    let result: undefined | Promise<void>;
    try {
      result = this.#sink.write(samples, position) ?? undefined;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (result === undefined) {
      this.#handed();
      return;
    }
    result.then(
      () => {
        this.#handed();
        this.#pump();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #handed(): void {
    this.#busy = false;
    if (this.#state === 'ended') return;
    this.#delivered += this.#backlog.settle();
    if (this.#backlog.size <= this.#options.resumeBelow) this.#overflowing = false;
    if (this.#eased) this.#press(false);
  }

  #press(pressed: boolean): void {
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#owner.pressed(this, pressed);
  }

  /** @param lost Samples that were offered and are nowhere. */
  #fail(cause: unknown, lost = 0): void {
    this.#busy = false;
    if (this.#state === 'ended') return;
    this.#dropped += lost;
    const text = `The sink ${JSON.stringify(this.name)} failed: ${messageOf(cause)}`;
    const error = new JackfieldError('ERR_SINK', text, { cause });
    this.#done.reject(error);
    this.#endError = error;
    this.#finish();
    this.#owner.failed(this, error);
  }

  /** Drops what is left, ends the sink, and settles `done` when that is through. */
  #finish(): void {
    this.#state = 'ended';
    this.#dropped += this.#backlog.clear();
    this.#press(false);
    void this.#endSink().then(
      () => this.#done.resolve(this.stats),
      (error: unknown) =>
        this.#done.reject(new JackfieldError('ERR_SINK', messageOf(error), { cause: error })),
    );
    void this.done.then(
      () => this.#owner.finished(this),
      () => this.#owner.finished(this),
    );
  }

  async #endSink(): Promise<void> {
    await this.#sink.end(this.#endError);
  }
}
