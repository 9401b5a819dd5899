import { JackfieldError, messageOf } from '../../errors.js';
import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink } from '../../pcm.js';
import type { SinkHandle, SinkPolicy, SinkStats } from '../sink.js';
import type { BufferBudget } from './buffer-budget.js';
import { SampleQueue } from './sample-queue.js';
import type { ResolvedSinkOptions } from './sink-options.js';
import { SpillFile } from './spill-file.js';

/** What a feed tells the stream that it belongs to. */
export interface FeedOwner {
  /** A `wait` feed is full (`true`), or at most half full again. */
  pressed(feed: SinkFeed, pressed: boolean): void;
  overflowed(feed: SinkFeed): void;
  failed(feed: SinkFeed, error: Error): void;
  /** The sink was ended; the feed is done. */
  finished(feed: SinkFeed): void;
}

/** Carries samples to one sink at the sink's own speed, under its policy. */
export class SinkFeed implements SinkHandle {
  readonly done: Promise<SinkStats>;
  readonly #sink: PcmSink;
  readonly #synchronous: boolean;
  readonly #options: ResolvedSinkOptions;
  readonly #channels: number;
  readonly #budget: BufferBudget;
  readonly #owner: FeedOwner;
  readonly #queue: SampleQueue;
  #spillFile: SpillFile | undefined;
  #state: 'open' | 'ending' | 'ended' = 'open';
  #endError: Error | undefined;
  #busy = false;
  #pressed = false;
  #overflowing = false;
  #inFlight = 0;
  #budgeted = 0;
  #offered = 0;
  #delivered = 0;
  #dropped = 0;
  #spilled = 0;
  #resolveDone: (stats: SinkStats) => void = () => {};
  #rejectDone: (error: Error) => void = () => {};

  constructor(
    sink: PcmSink,
    options: ResolvedSinkOptions,
    format: PcmFormat,
    budget: BufferBudget,
    owner: FeedOwner,
  ) {
    this.#sink = sink;
    this.#synchronous = 'synchronous' in sink && sink.synchronous === true;
    this.#options = options;
    this.#channels = format.channels;
    this.#budget = budget;
    this.#owner = owner;
    this.#queue = new SampleQueue(format.channels);
    this.done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve;
      this.#rejectDone = reject;
    });
    this.done.catch(() => {});
  }

  get name(): string {
    return this.#options.name;
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
      buffered: this.#inMemory + (this.#spillFile?.size ?? 0),
    };
  }

  /** Samples that the feed takes without anybody having to wait; Infinity unless its policy is `wait`. */
  get room(): number {
    if (this.policy !== 'wait' || (this.#synchronous && !this.#busy)) return Number.POSITIVE_INFINITY;
    return this.#memoryLeft;
  }

  /** Takes samples that are only valid during the call. */
  write(samples: Int16Array, position: number): void {
    if (this.#state !== 'open') return;
    const count = samples.length / this.#channels;
    this.#offered += count;
    if (this.#synchronous && !this.#busy && this.#queue.size === 0) {
      this.#hand(samples, position, count);
      return;
    }
    this.#enqueue(samples, position, count);
    this.#pump();
    this.#account();
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

  get #inMemory(): number {
    return this.#queue.size + this.#inFlight;
  }

  get #memoryLeft(): number {
    const budget = Math.floor(this.#budget.left / (this.#channels * BYTES_PER_SAMPLE));
    return Math.max(0, Math.min(this.#options.limit - this.#inMemory, budget));
  }

  #enqueue(samples: Int16Array, position: number, count: number): void {
    const room = this.#memoryLeft;
    const spilling = this.#spillFile !== undefined && this.#spillFile.size > 0;
    if (count <= room && !spilling) {
      this.#queue.push(samples, position);
      if (this.policy === 'wait' && count === room) this.#press(true);
      return;
    }
    switch (this.policy) {
      case 'wait':
        this.#queue.push(samples, position);
        this.#press(true);
        return;
      case 'spill':
        this.#spill(samples, position, count);
        return;
      case 'drop-newest':
        this.#queue.push(samples.subarray(0, room * this.#channels), position);
        this.#drop(count - room);
        return;
      case 'drop-oldest': {
        const tooMany = count - room - this.#queue.shift(count - room);
        this.#queue.push(samples.subarray(tooMany * this.#channels), position + tooMany);
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

  #spill(samples: Int16Array, position: number, count: number): void {
    const { spillDirectory: directory, spillLimit: capacity } = this.#options;
    try {
      this.#spillFile ??= new SpillFile({ directory, channels: this.#channels, capacity });
      const spilled = this.#spillFile.push(samples, position);
      this.#spilled += spilled;
      this.#overflow();
      this.#dropped += count - spilled;
    } catch (error) {
      this.#dropped += count;
      this.#fail(error);
    }
  }

  /** Brings back what was spilled, once the queue is half empty. */
  #unspill(): void {
    const half = this.#options.limit / 2;
    while (this.#spillFile && this.#spillFile.size > 0 && this.#queue.size < half) {
      const chunk = this.#spillFile.shift(Math.ceil(half));
      if (chunk) this.#queue.push(chunk.samples, chunk.position);
    }
  }

  #drop(count: number): void {
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
      const chunk = this.#queue.take();
      if (!chunk) {
        if (this.#state === 'ending') this.#finish();
        return;
      }
      this.#hand(chunk.samples, chunk.position, chunk.samples.length / this.#channels);
    }
  }

  #hand(samples: Int16Array, position: number, count: number): void {
    this.#busy = true;
    this.#inFlight = count;
    let result: undefined | Promise<void>;
    try {
      result = this.#sink.write(samples, position) ?? undefined;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (result === undefined) {
      this.#handed(count);
      return;
    }
    result.then(
      () => {
        this.#handed(count);
        this.#pump();
        this.#account();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #handed(count: number): void {
    this.#busy = false;
    if (this.#state === 'ended') return;
    this.#inFlight = 0;
    this.#delivered += count;
    if (this.#queue.size > this.#options.limit / 2) return;
    try {
      this.#unspill();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if ((this.#spillFile?.size ?? 0) === 0) this.#overflowing = false;
    this.#press(false);
  }

  #press(pressed: boolean): void {
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#owner.pressed(this, pressed);
  }

  #account(): void {
    const bytes = this.#inMemory * this.#channels * BYTES_PER_SAMPLE;
    if (bytes === this.#budgeted) return;
    const change = bytes - this.#budgeted;
    this.#budgeted = bytes;
    this.#budget.add(change);
  }

  #fail(cause: unknown): void {
    this.#busy = false;
    if (this.#state === 'ended') return;
    const text = `The sink ${JSON.stringify(this.name)} failed: ${messageOf(cause)}`;
    const error = new JackfieldError('ERR_SINK', text, { cause });
    this.#rejectDone(error);
    this.#endError = error;
    this.#finish();
    this.#owner.failed(this, error);
  }

  /** Drops what is left, ends the sink, and settles `done` when that is through. */
  #finish(): void {
    this.#state = 'ended';
    this.#dropped += this.#queue.clear() + this.#inFlight + (this.#spillFile?.size ?? 0);
    this.#inFlight = 0;
    this.#spillFile?.close();
    this.#spillFile = undefined;
    this.#account();
    this.#press(false);
    void this.#endSink().then(
      () => this.#resolveDone(this.stats),
      (error: unknown) =>
        this.#rejectDone(new JackfieldError('ERR_SINK', messageOf(error), { cause: error })),
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
