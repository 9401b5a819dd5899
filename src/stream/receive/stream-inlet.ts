import { BYTES_PER_SAMPLE, type PcmFormat } from '../../base/pcm.js';
import { ManualTimeline } from '../sample-timeline.js';
import { ArrivalMeter } from './arrival-meter.js';
import type { BufferBudget } from './buffer-budget.js';
import { FanOut, type FanOutOwner } from './fan-out.js';
import { SampleRun } from './sample-run.js';

/** Turns the bytes of one connection into samples. The first bytes of a split sample are carried to the next read. */
export class StreamInlet {
  readonly received: ManualTimeline;
  readonly fanOut: FanOut;
  readonly #blockAlign: number;
  readonly arrivals = new ArrivalMeter();
  readonly #sampleMs: number;
  readonly #carry: Uint8Array;
  #carried = 0;
  #bytes = 0;
  /** Samples that were lost on the way. */
  #lost = 0;

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

  /** Samples that have come, per channel. */
  get samples(): number {
    return this.received.position - this.#lost;
  }

  /** Bytes that have come of an incomplete sample. */
  get carried(): number {
    return this.#carried;
  }

  /** Bytes that may be read before a `wait` sink is over its limit. */
  get room(): number {
    return this.fanOut.room;
  }

  /**
   * Takes the bytes of `buffer` from `start` to `end`, which were read from the socket at `nowMs` and are valid during
   * the call. With a `headroom`, it may write to them and to that many bytes before them.
   */
  receive(buffer: Uint8Array, start: number, end: number, headroom: number, nowMs: number): void {
    const length = end - start;
    this.#bytes += length;
    if (
      this.#carried === 0 &&
      length % this.#blockAlign === 0 &&
      (buffer.byteOffset + start) % BYTES_PER_SAMPLE === 0
    ) {
      this.#pass(new SampleRun(buffer, start, length), nowMs);
      return;
    }
    const chunk = buffer.subarray(start, end);
    const total = this.#carried + length;
    const whole = total - (total % this.#blockAlign);
    if (whole === 0) {
      this.#carry.set(chunk, this.#carried);
      this.#carried = total;
      return;
    }
    const bytes = this.#join(chunk, headroom);
    this.#carried = total - whole;
    this.#carry.set(bytes.subarray(whole));
    this.#pass(new SampleRun(bytes, 0, whole), nowMs);
  }

  /**
   * Takes whole samples that lie at `position`, which must not be before the end of what has come. Positions in between
   * were lost.
   */
  take(samples: Int16Array, position: number, nowMs: number): void {
    this.#lost += position - this.received.position;
    this.#bytes += samples.byteLength;
    this.received.advanceTo(position);
    this.#pass(SampleRun.of(samples), nowMs);
  }

  #pass(run: SampleRun, nowMs: number): void {
    const position = this.received.position;
    const count = run.byteLength / this.#blockAlign;
    this.arrivals.record(nowMs, count * this.#sampleMs);
    this.fanOut.writeRun(run, position);
    this.received.advanceTo(position + count);
  }

  /**
   * Joins the carried bytes and `chunk`, with the samples aligned in memory. It works in place, moving the bytes by one
   * if needed; without headroom it makes a copy.
   */
  #join(chunk: Uint8Array, headroom: number): Uint8Array {
    const carried = this.#carried;
    const start = chunk.byteOffset - carried;
    const shift = Math.abs(start % BYTES_PER_SAMPLE);
    if (carried === 0 && shift === 0) return chunk;
    const total = carried + chunk.length;
    const inPlace = carried + shift <= headroom;
    const bytes = inPlace ? new Uint8Array(chunk.buffer, start - shift, total) : new Uint8Array(total);
    bytes.set(chunk, carried);
    bytes.set(this.#carry.subarray(0, carried));
    return bytes;
  }
}
