import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink } from '../../pcm.js';
import type { FileSinkSpec, SinkOptions, SinkStats } from '../sink.js';
import type { BufferBudget } from './buffer-budget.js';
import { type FeedOwner, SinkFeed } from './sink-feed.js';
import { openSink, resolveSinkOptions } from './sink-options.js';

/** What a fan-out of feeds tells its lease. */
export interface FanOutOwner {
  /** Some `wait` feed is full (`true`), or none is any more. */
  pressed(pressed: boolean): void;
  overflowed(feed: SinkFeed): void;
  failed(feed: SinkFeed, error: Error): void;
  /** The last feed was ended after {@link FanOut.end}. */
  drained(): void;
}

/** Hands each run of samples to any number of sinks, each with its own policy. */
export class FanOut implements FeedOwner {
  readonly #format: PcmFormat;
  readonly #budget: BufferBudget;
  readonly #owner: FanOutOwner;
  readonly #feeds = new Set<SinkFeed>();
  #pressing = 0;
  #unheard = 0;
  #ended = false;
  /** Totals of feeds that are done. */
  readonly #past = { delivered: 0, dropped: 0, spilled: 0 };

  constructor(format: PcmFormat, budget: BufferBudget, owner: FanOutOwner) {
    this.#format = format;
    this.#budget = budget;
    this.#owner = owner;
  }

  /** Samples that came while there was no sink. */
  get unheard(): number {
    return this.#unheard;
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

  /** Bytes that can be written without a `wait` feed running over. */
  get room(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const feed of this.#feeds) room = Math.min(room, feed.room);
    return room * this.#format.channels * BYTES_PER_SAMPLE;
  }

  /** @throws ERR_INVALID_ARG, ERR_FILE. */
  add(sink: PcmSink | FileSinkSpec, options: SinkOptions): SinkFeed {
    const resolved = resolveSinkOptions(options, this.#format);
    const feed = new SinkFeed(openSink(sink, this.#format), resolved, this.#format, this.#budget, this);
    this.#feeds.add(feed);
    return feed;
  }

  /** Samples that are valid during the call. */
  write(samples: Int16Array, position: number): void {
    if (this.#feeds.size === 0) this.#unheard += samples.length / this.#format.channels;
    for (const feed of this.#feeds) feed.write(samples, position);
  }

  /** Each sink gets what waits for it, then its end. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#feeds.size === 0) this.#owner.drained();
    for (const feed of this.#feeds) feed.end(error);
  }

  /** Ends at once: what still waits is dropped. */
  close(error?: Error): void {
    this.#ended = true;
    for (const feed of this.#feeds) feed.abort(error);
  }

  pressed(_feed: SinkFeed, pressed: boolean): void {
    this.#pressing += pressed ? 1 : -1;
    if (this.#pressing === (pressed ? 1 : 0)) this.#owner.pressed(pressed);
  }

  overflowed(feed: SinkFeed): void {
    this.#owner.overflowed(feed);
  }

  failed(feed: SinkFeed, error: Error): void {
    this.#owner.failed(feed, error);
  }

  finished(feed: SinkFeed): void {
    if (!this.#feeds.delete(feed)) return;
    const { delivered, dropped, spilled } = feed.stats;
    this.#past.delivered += delivered;
    this.#past.dropped += dropped;
    this.#past.spilled += spilled;
    if (this.#ended && this.#feeds.size === 0) this.#owner.drained();
  }
}
