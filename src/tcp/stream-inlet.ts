import type { PcmFormat, PcmSink } from '../pcm.js';
import { BYTES_PER_SAMPLE } from '../pcm.js';
import { ManualTimeline } from './sample-timeline.js';
import { type FeedOwner, SinkFeed, type SinkOptions, type SinkStats } from './sink-feed.js';

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

/** Turns the bytes of one connection into samples: what splits a sample is carried to the next read. */
export class StreamInlet {
  readonly received: ManualTimeline;
  readonly fanOut: FanOut;
  readonly #blockAlign: number;
  readonly #carry: Uint8Array;
  #carried = 0;
  #bytes = 0;

  constructor(format: PcmFormat, owner: FanOutOwner) {
    this.received = new ManualTimeline(format.sampleRate);
    this.fanOut = new FanOut(format, owner);
    this.#blockAlign = format.channels * BYTES_PER_SAMPLE;
    this.#carry = new Uint8Array(this.#blockAlign);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the sample that has not come in whole. */
  get carried(): number {
    return this.#carried;
  }

  /** Takes bytes off the socket, which are valid during the call. */
  take(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const total = this.#carried + chunk.length;
    const whole = total - (total % this.#blockAlign);
    if (whole === 0) {
      this.#carry.set(chunk, this.#carried);
      this.#carried = total;
      return;
    }
    const samples = this.#join(chunk, whole);
    const rest = total - whole;
    this.#carry.set(chunk.subarray(chunk.length - rest));
    this.#carried = rest;
    const position = this.received.position;
    this.fanOut.write(samples, position);
    this.received.advanceTo(position + whole / this.#blockAlign);
  }

  /** The first `whole` bytes of what is carried and `chunk`, as samples; without a copy where they lie right. */
  #join(chunk: Uint8Array, whole: number): Int16Array {
    const length = whole / BYTES_PER_SAMPLE;
    if (this.#carried === 0 && chunk.byteOffset % BYTES_PER_SAMPLE === 0) {
      return new Int16Array(chunk.buffer, chunk.byteOffset, length);
    }
    const samples = new Int16Array(length);
    const bytes = new Uint8Array(samples.buffer);
    bytes.set(this.#carry.subarray(0, this.#carried));
    bytes.set(chunk.subarray(0, whole - this.#carried), this.#carried);
    return samples;
  }
}
