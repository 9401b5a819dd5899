import { BYTES_PER_SAMPLE, type PcmFormat } from '../../pcm.js';
import { ManualTimeline } from '../sample-timeline.js';
import { ArrivalMeter } from './arrival-meter.js';
import type { BufferBudget } from './buffer-budget.js';
import { FanOut, type FanOutOwner } from './fan-out.js';

/** Turns the bytes of one connection into samples: what splits a sample is carried to the next read. */
export class StreamInlet {
  readonly received: ManualTimeline;
  readonly fanOut: FanOut;
  readonly #blockAlign: number;
  readonly arrivals = new ArrivalMeter();
  readonly #sampleMs: number;
  readonly #carry: Uint8Array;
  #carried = 0;
  #bytes = 0;

  constructor(format: PcmFormat, budget: BufferBudget, owner: FanOutOwner) {
    this.#sampleMs = 1000 / format.sampleRate;
    this.received = new ManualTimeline(format.sampleRate);
    this.fanOut = new FanOut(format, budget, owner);
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

  /** Bytes that may be read without a sink that is waited for running over. */
  get room(): number {
    return this.fanOut.room;
  }

  /** Takes bytes off the socket, which are valid during the call and were read at `nowMs`. */
  take(chunk: Uint8Array, nowMs: number): void {
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
    const count = whole / this.#blockAlign;
    this.arrivals.record(nowMs, count * this.#sampleMs);
    this.fanOut.write(samples, position);
    this.received.advanceTo(position + count);
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
