import type { PcmFormat, PcmSink } from '../../pcm.js';
import type { SinkOptions, SinkStats } from '../sink.js';
import { type FeedOwner, SinkFeed } from './sink-feed.js';

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
  readonly #owner: FanOutOwner;
  readonly #feeds = new Set<SinkFeed>();
  readonly #pressing = new Set<SinkFeed>();
  #unheard = 0;
  #ended = false;
  /** Totals of feeds that are done. */
  #past = { delivered: 0, dropped: 0, spilled: 0 };

  constructor(format: PcmFormat, owner: FanOutOwner) {
    this.#format = format;
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

  add(sink: PcmSink, options: SinkOptions): SinkFeed {
    const feed = new SinkFeed(sink, options, this.#format, this);
    this.#feeds.add(feed);
    return feed;
  }

  /** Samples that are valid during the call. */
  write(samples: Int16Array, position: number): void {
    if (this.#feeds.size === 0) this.#unheard += samples.length / this.#format.channels;
    for (const feed of this.#feeds) feed.write(samples, position);
  }

  end(error?: Error): void {
    this.#ended = true;
    if (this.#feeds.size === 0) this.#owner.drained();
    for (const feed of this.#feeds) feed.end(error);
  }

  /** Ends at once: what still waits is dropped. */
  close(error?: Error): void {
    this.#ended = true;
    for (const feed of this.#feeds) feed.abort(error);
  }

  pressed(feed: SinkFeed, pressed: boolean): void {
    const before = this.#pressing.size > 0;
    if (pressed) this.#pressing.add(feed);
    else this.#pressing.delete(feed);
    const after = this.#pressing.size > 0;
    if (before !== after) this.#owner.pressed(after);
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
