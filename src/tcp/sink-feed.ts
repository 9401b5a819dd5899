import { invalidArgument, JackfieldError, messageOf } from '../errors.js';
import { msToSamples, type PcmFormat, type PcmSink } from '../pcm.js';
import { SampleQueue } from './sample-queue.js';

/**
 * What happens when a sink has not kept up and its buffer is full. `wait`: the socket is paused and the peer held
 * back, so that nothing is lost. `drop-oldest`, `drop-newest`: samples are dropped and counted. `spill`: they go
 * to a file and are read back in order. `close`: the stream ends with ERR_SINK.
 */
export type SinkPolicy = 'wait' | 'drop-oldest' | 'drop-newest' | 'spill' | 'close';

export interface SinkOptions {
  /** Default `wait`. */
  policy?: SinkPolicy;
  /** Audio that may wait for the sink, in ms: 20 to 600,000. Default 1000. */
  maxBufferedMs?: number;
  /** How events and statistics call the sink. Default `sink`. */
  name?: string;
}

/** Samples (per channel) of one sink. `offered` = `delivered` + `dropped` + `buffered`. */
export interface SinkStats {
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Those that went through the spill file; they are in `delivered` or `buffered` too. */
  readonly spilled: number;
  readonly buffered: number;
}

/** A sink on a stream. */
export interface SinkHandle {
  readonly name: string;
  readonly stats: SinkStats;
  /** Settles when the sink was ended. @throws what the sink threw. */
  readonly done: Promise<SinkStats>;
  /** Takes the sink off the stream: it gets what waits for it, then `end()`. Resolves like `done`. */
  remove(): Promise<SinkStats>;
}

/**
 * A sink whose `write` never returns a promise. It is handed the read buffer itself where possible, without a copy.
 */
export interface SynchronousSink extends PcmSink {
  readonly synchronous: true;
  write(samples: Int16Array, position: number): void;
}

/** What a feed tells the stream that it belongs to. */
export interface FeedOwner {
  /** A `wait` feed is over its limit (`true`), or under half of it again. */
  pressed(feed: SinkFeed, pressed: boolean): void;
  overflowed(feed: SinkFeed): void;
  failed(feed: SinkFeed, error: Error): void;
  /** The sink was ended; the feed is done. */
  finished(feed: SinkFeed): void;
}

const MIN_BUFFERED_MS = 20;
const MAX_BUFFERED_MS = 600_000;
const DEFAULT_BUFFERED_MS = 1000;

/** Carries samples to one sink at the sink's own speed, under its policy. */
export class SinkFeed implements SinkHandle {
  readonly name: string;
  readonly policy: SinkPolicy;
  readonly done: Promise<SinkStats>;
  readonly #sink: PcmSink;
  readonly #synchronous: boolean;
  readonly #owner: FeedOwner;
  readonly #limit: number;
  readonly #channels: number;
  readonly #queue: SampleQueue;
  #state: 'open' | 'ending' | 'ended' = 'open';
  #endError: Error | undefined;
  #busy = false;
  #pressed = false;
  #overflowing = false;
  #inFlight = 0;
  #offered = 0;
  #delivered = 0;
  #dropped = 0;
  #settle: { resolve: (stats: SinkStats) => void; reject: (error: Error) => void };

  constructor(sink: PcmSink, options: SinkOptions, format: PcmFormat, owner: FeedOwner) {
    const { policy = 'wait', maxBufferedMs = DEFAULT_BUFFERED_MS, name = 'sink' } = options;
    checkSink(sink);
    checkSinkOptions(policy, maxBufferedMs, name);
    this.name = name;
    this.policy = policy;
    this.#sink = sink;
    this.#synchronous = 'synchronous' in sink && sink.synchronous === true;
    this.#owner = owner;
    this.#limit = msToSamples(maxBufferedMs, format);
    this.#channels = format.channels;
    this.#queue = new SampleQueue(format.channels);
    this.#settle = { resolve: () => {}, reject: () => {} };
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.done.catch(() => {});
  }

  get stats(): SinkStats {
    return {
      offered: this.#offered,
      delivered: this.#delivered,
      dropped: this.#dropped,
      spilled: 0,
      buffered: this.#buffered,
    };
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
    this.#dropped += this.#queue.clear();
    this.#endError = error;
    this.#finish();
  }

  remove(): Promise<SinkStats> {
    this.end();
    return this.done;
  }

  get #buffered(): number {
    return this.#queue.size + this.#inFlight;
  }

  #enqueue(samples: Int16Array, position: number, count: number): void {
    const room = this.#limit - this.#buffered;
    if (count <= room) {
      this.#queue.push(samples, position);
      return;
    }
    switch (this.policy) {
      case 'wait':
      case 'spill':
        this.#queue.push(samples, position);
        this.#press(true);
        return;
      case 'drop-newest': {
        this.#queue.push(samples.subarray(0, Math.max(0, room) * this.#channels), position);
        this.#drop(count - Math.max(0, room));
        return;
      }
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
        return;
    }
  }

  #drop(count: number): void {
    this.#dropped += count;
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
    let result: void | Promise<void>;
    try {
      result = this.#sink.write(samples, position);
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
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #handed(count: number): void {
    this.#busy = false;
    this.#inFlight = 0;
    this.#delivered += count;
    if (this.#queue.size <= this.#limit / 2) {
      this.#overflowing = false;
      this.#press(false);
    }
  }

  #press(pressed: boolean): void {
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#owner.pressed(this, pressed);
  }

  #fail(cause: unknown): void {
    this.#busy = false;
    if (this.#state === 'ended') return;
    const text = `The sink ${JSON.stringify(this.name)} failed: ${messageOf(cause)}`;
    const error = new JackfieldError('ERR_SINK', text, { cause });
    this.#dropped += this.#queue.clear() + this.#inFlight;
    this.#inFlight = 0;
    this.#settle.reject(error);
    this.#endError = error;
    this.#finish();
    this.#owner.failed(this, error);
  }

  /** Ends the sink, and settles `done` when it is through with that. */
  #finish(): void {
    this.#state = 'ended';
    this.#press(false);
    void this.#endSink().then(
      () => {
        this.#settle.resolve(this.stats);
        this.#owner.finished(this);
      },
      (error: unknown) => {
        this.#settle.reject(new JackfieldError('ERR_SINK', messageOf(error), { cause: error }));
        this.#owner.finished(this);
      },
    );
  }

  async #endSink(): Promise<void> {
    await this.#sink.end(this.#endError);
  }
}

function checkSink(sink: PcmSink): void {
  if (typeof sink?.write !== 'function' || typeof sink.end !== 'function') {
    throw invalidArgument('sink', 'an object with write() and end()', sink);
  }
}

function checkSinkOptions(policy: SinkPolicy, maxBufferedMs: number, name: string): void {
  if (!POLICIES.includes(policy)) throw invalidArgument('policy', `one of ${POLICIES.join(', ')}`, policy);
  if (!(maxBufferedMs >= MIN_BUFFERED_MS && maxBufferedMs <= MAX_BUFFERED_MS)) {
    throw invalidArgument('maxBufferedMs', `${MIN_BUFFERED_MS} to ${MAX_BUFFERED_MS} ms`, maxBufferedMs);
  }
  if (typeof name !== 'string' || name.length > 200) {
    throw invalidArgument('name', 'at most 200 characters', name);
  }
}

const POLICIES: readonly SinkPolicy[] = ['wait', 'drop-oldest', 'drop-newest', 'spill', 'close'];
