import { deferred } from '../../base/deferred.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink } from '../../base/pcm.js';
import type { PcmChunk, SinkHandle, SinkPolicy, SinkStats } from '../sink.js';
import type { BufferBudget } from './buffer-budget.js';
import { FileSink } from './file-sink.js';
import type { SampleRun } from './sample-run.js';
import { type SinkCounts, SinkIntake } from './sink-intake.js';
import type { ResolvedSinkOptions } from './sink-options.js';

/** Policies that lose samples rather than wait, and that use no spill file. */
const LOSSY: ReadonlySet<SinkPolicy> = new Set(['drop-oldest', 'drop-newest', 'close']);

/** Callbacks to the owner of a stream about its sinks. */
export interface SinkNotices {
  /** Called when the sink's buffer is full. Called again only after no more than its low watermark was waiting. */
  overflowed(feed: SinkFeed): void;
  /** Called when the sink threw or its spill file cannot be read. The sink gets nothing more. */
  failed(feed: SinkFeed, error: Error): void;
}

/** The fan-out that a feed belongs to. */
export interface FeedOwner extends SinkNotices {
  /** True when others listen to the stream, whom a sink with the policy `wait` must not delay. */
  readonly shared: boolean;
  /** Called when the stream has to wait for the sink (`true`), or need not wait any more (`false`). */
  pressed(feed: SinkFeed, pressed: boolean): void;
  /** Called when the sink was ended. The feed is then done. */
  finished(feed: SinkFeed): void;
}

/** The life of a feed: `open` -> `ending` (what waits is still delivered) -> `ended`, or `open` -> `ended`. */
interface FeedState {
  readonly name: 'open' | 'ending' | 'ended';
  /** The error that the sink is ended with. */
  readonly error?: Error | undefined;
}

const OPEN: FeedState = { name: 'open' };

/** Carries samples to one sink at the sink's own speed, under its policy. */
export class SinkFeed implements SinkHandle {
  readonly #sink: PcmSink;
  /** The sink if it is a file, which takes bytes as they were read. */
  readonly #file: FileSink | undefined;
  readonly #synchronous: boolean;
  readonly #options: ResolvedSinkOptions;
  readonly #channels: number;
  readonly #owner: FeedOwner;
  readonly #counts: SinkCounts = { offered: 0, delivered: 0, dropped: 0, spilled: 0 };
  readonly #intake: SinkIntake;
  readonly #done = deferred<SinkStats>();
  readonly done = this.#done.promise;
  #state = OPEN;
  /** True while the sink is taking a run. */
  #busy = false;

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
    this.#intake = new SinkIntake(options, format.channels, budget, this.#counts, {
      get shared() {
        return owner.shared;
      },
      pressed: (pressed) => owner.pressed(this, pressed),
      overflowed: () => owner.overflowed(this),
    });
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
    return { ...this.#counts, buffered: this.#intake.size };
  }

  /** Samples that the feed takes before the peer has to wait; Infinity unless the policy is `wait`. */
  get room(): number {
    return this.#synchronous ? Number.POSITIVE_INFINITY : this.#intake.room;
  }

  /** Error for which the spill file cannot be used, if there is one. */
  get fileError(): unknown {
    return this.#intake.fileError;
  }

  /** Takes samples that are only valid during the call. */
  write(run: SampleRun, position: number): void {
    if (this.#state.name !== 'open') return;
    const count = run.byteLength / (this.#channels * BYTES_PER_SAMPLE);
    this.#counts.offered += count;
    if (this.#synchronous) {
      this.#handAtOnce(run, position, count);
      return;
    }
    const untaken = this.#intake.take(run.samples, position, count);
    if (untaken) this.#fail(untaken.cause, untaken.count);
    this.#pump();
  }

  /** Decides anew whether the peer has to wait. To be called when `shared` of the owner has changed. */
  reconsider(): void {
    if (this.#state.name === 'open') this.#intake.reconsider();
  }

  /** Delivers what waits, then ends the sink. */
  end(error?: Error): void {
    if (this.#state.name !== 'open') return;
    this.#state = { name: 'ending', error };
    if (this.#isTap) this.#giveRest();
    else this.#pump();
  }

  /** True for a reader that may lose samples and that keeps those it got. The end of a stream does not wait for it. */
  get #isTap(): boolean {
    return keepsRest(this.#sink) && LOSSY.has(this.policy);
  }

  /** Gives the reader everything that waits for it at once. It may read that later. */
  #giveRest(): void {
    if (this.#busy) this.#handed();
    for (let chunk = this.#next(); chunk; chunk = this.#next()) {
      void this.#sink.write(chunk.samples, chunk.position);
      this.#handed();
    }
    this.#finish(this.#state.error);
  }

  /** Drops what waits and ends the sink. */
  abort(error?: Error): void {
    if (this.#state.name !== 'ended') this.#finish(error);
  }

  remove(): Promise<SinkStats> {
    this.end();
    return this.done;
  }

  #pump(): void {
    while (!this.#busy && this.#state.name !== 'ended') {
      const chunk = this.#next();
      if (!chunk) {
        if (this.#state.name === 'ending') this.#finish(this.#state.error);
        return;
      }
      this.#hand(chunk.samples, chunk.position);
    }
  }

  #next(): PcmChunk | undefined {
    try {
      return this.#intake.next();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Passes samples to a synchronous sink. It has taken them when it returns, so nothing ever waits for it. */
  #handAtOnce(run: SampleRun, position: number, count: number): void {
    try {
      if (this.#file) this.#file.writeRun(run, position);
      else this.#sink.write(run.samples, position);
      this.#counts.delivered += count;
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
    if (this.#state.name !== 'ended') this.#intake.settle();
  }

  /** @param lost Offered samples that neither the sink nor the backlog has. */
  #fail(cause: unknown, lost = 0): void {
    this.#busy = false;
    if (this.#state.name === 'ended') return;
    this.#counts.dropped += lost;
    const text = `The sink ${JSON.stringify(this.name)} failed: ${messageOf(cause)}`;
    const error = new JackfieldError('ERR_SINK', text, { cause });
    this.#done.reject(error);
    this.#finish(error);
    this.#owner.failed(this, error);
  }

  /** Drops what is left, ends the sink, and settles `done` when the sink has ended. */
  #finish(error: Error | undefined): void {
    this.#state = { name: 'ended', error };
    this.#intake.clear();
    void this.#endSink(error).then(
      () => this.#done.resolve(this.stats),
      (cause: unknown) => this.#done.reject(new JackfieldError('ERR_SINK', messageOf(cause), { cause })),
    );
    void this.done.then(
      () => this.#owner.finished(this),
      () => this.#owner.finished(this),
    );
  }

  async #endSink(error: Error | undefined): Promise<void> {
    await this.#sink.end(error);
  }
}

/** True for a sink that keeps its samples for a reader that comes later, such as a `ChunkIterator`. */
export function keepsRest(sink: PcmSink): boolean {
  return 'keepsRest' in sink && sink.keepsRest === true;
}
