import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink } from '../../base/pcm.js';
import type { FileSinkSpec, SinkOptions, SinkStats } from '../sink.js';
import type { BufferBudget } from './buffer-budget.js';
import { SampleRun } from './sample-run.js';
import { type FeedOwner, SinkFeed, type SinkNotices } from './sink-feed.js';
import { openSink, resolveSinkOptions } from './sink-options.js';

/** The stream whose samples a fan-out distributes. */
export interface FanOutOwner extends SinkNotices {
  /** Called when the stream has to wait for this sink; without a sink, when it has to wait for none any more. */
  pressed(feed: SinkFeed | undefined): void;
  /** Called after {@link FanOut.end} when the last feed was ended. */
  drained(): void;
  /** Called when feeds were added or removed. */
  changed?(): void;
}

/** Passes each run of samples to any number of sinks, each with its own policy. */
export class FanOut implements FeedOwner {
  readonly #format: PcmFormat;
  readonly #budget: BufferBudget;
  readonly #owner: FanOutOwner;
  readonly #others: number;
  /** Replaced, not changed: feeds may be added and removed while samples are passed on. */
  #feeds: readonly SinkFeed[] = [];
  #pressing = 0;
  #unheard = 0;
  #ended = false;
  /** Totals of feeds that are done. */
  readonly #past = { delivered: 0, dropped: 0, spilled: 0 };

  /** @param others Number of listeners besides the sinks that must not be delayed. Default 0. */
  constructor(format: PcmFormat, budget: BufferBudget, owner: FanOutOwner, others = 0) {
    this.#format = format;
    this.#budget = budget;
    this.#owner = owner;
    this.#others = others;
  }

  /** True when a sink with the policy `wait` would delay others. */
  get shared(): boolean {
    return this.#feeds.length + this.#others > 1;
  }

  /** Samples that came while there was no sink. */
  get unheard(): number {
    return this.#unheard;
  }

  /** True when all sinks are files, or when there is none. */
  get onlyFiles(): boolean {
    return this.#feeds.every(({ isFile }) => isFile);
  }

  get totals(): Omit<SinkStats, 'offered'> {
    const totals = { ...this.#past, buffered: 0 };
    for (const feed of this.#feeds) {
      const stats = feed.stats;
      totals.delivered += stats.delivered;
      totals.dropped += stats.dropped;
      totals.spilled += stats.spilled;
      totals.buffered += stats.buffered;
    }
    return totals;
  }

  /** Bytes that can be written before a `wait` feed is over its limit. */
  get room(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const feed of this.#feeds) room = Math.min(room, feed.room);
    return room * this.#format.channels * BYTES_PER_SAMPLE;
  }

  /** @throws ERR_INVALID_ARG, ERR_FILE. */
  add(sink: PcmSink | FileSinkSpec, options: SinkOptions): SinkFeed {
    const resolved = resolveSinkOptions(options, this.#format);
    const feed = new SinkFeed(openSink(sink, this.#format), resolved, this.#format, this.#budget, this);
    this.#feeds = [...this.#feeds, feed];
    this.#reconsider();
    return feed;
  }

  /** Passes on samples that are valid during the call. */
  write(samples: Int16Array, position: number): void {
    this.writeRun(SampleRun.of(samples), position);
  }

  /** Passes on samples in the buffer that they were read to, valid during the call. */
  writeRun(run: SampleRun, position: number): void {
    const feeds = this.#feeds;
    if (feeds.length === 0) this.#unheard += run.byteLength / (this.#format.channels * BYTES_PER_SAMPLE);
    for (const feed of feeds) feed.write(run, position);
  }

  /** Gives each sink what waits for it, then its end. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#feeds.length === 0) this.#owner.drained();
    for (const feed of this.#feeds) feed.end(error);
  }

  /** Ends at once, and drops what still waits. */
  close(error?: Error): void {
    this.#ended = true;
    for (const feed of this.#feeds) feed.abort(error);
  }

  pressed(feed: SinkFeed, pressed: boolean): void {
    this.#pressing += pressed ? 1 : -1;
    if (this.#pressing === (pressed ? 1 : 0)) this.#owner.pressed(pressed ? feed : undefined);
  }

  overflowed(feed: SinkFeed): void {
    this.#owner.overflowed(feed);
  }

  failed(feed: SinkFeed, error: Error): void {
    this.#owner.failed(feed, error);
  }

  finished(feed: SinkFeed): void {
    this.#feeds = this.#feeds.filter((other) => other !== feed);
    const { delivered, dropped, spilled } = feed.stats;
    this.#past.delivered += delivered;
    this.#past.dropped += dropped;
    this.#past.spilled += spilled;
    this.#reconsider();
    if (this.#ended && this.#feeds.length === 0) this.#owner.drained();
  }

  #reconsider(): void {
    for (const feed of this.#feeds) feed.reconsider();
    this.#owner.changed?.();
  }
}
