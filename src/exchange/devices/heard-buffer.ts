import { msToSamples } from '../../base/pcm.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import { ByteRing } from '../voice/byte-ring.js';

const BYTES = Int16Array.BYTES_PER_ELEMENT;
const bytesOfMs = (ms: number) => msToSamples(ms) * BYTES;

/** Sound begins to be said when so much is there, so that a device that gives it in larger parts has no gaps. */
const PRIME_BYTES = bytesOfMs(60);
/** Most that waits to be said. Beyond, the oldest is left out. */
const MOST_BYTES = bytesOfMs(200);
/** Frames after which it is seen how much waited at least. */
const WINDOW_FRAMES = 50;
/** With less than this at least, one sample of each frame is said twice; with more than the other, one is left out. */
const LEAST_BYTES = bytesOfMs(30);
const SPARE_BYTES = bytesOfMs(90);

/**
 * Sound that a microphone has heard and no party has said yet. A device has a clock of its own: where it is slow or
 * fast by up to 3 parts in 1000, frames are made of one sample less or more, between which values are interpolated.
 */
export class HeardBuffer {
  readonly #ring = new ByteRing(MOST_BYTES);
  #primed = false;
  /** Samples that a frame takes besides its own number: -1, 0 or 1. */
  #more = 0;
  #frames = 0;
  #least = Number.POSITIVE_INFINITY;
  /** The last sample that was said. */
  #before = 0;
  #taken = new Int16Array(0);

  clear(): void {
    this.#ring.skip(this.#ring.length);
  }

  /** Takes what was heard. Where too much waits, the newest of all is kept, and the rest left out. */
  push(bytes: Uint8Array): void {
    const isTooMuch = bytes.length > this.#ring.free;
    const newest = isTooMuch ? bytes.subarray(-PRIME_BYTES) : bytes;
    const kept = isTooMuch ? PRIME_BYTES - newest.length : this.#ring.length;
    this.#ring.skip(Math.max(0, this.#ring.length - kept));
    this.#ring.push(newest);
  }

  /** Fills `frame`, with silence where nothing is there. */
  read(frame: Int16Array): void {
    const wanted = (frame.length + this.#more) * BYTES;
    this.#primed = this.#ring.length >= (this.#primed ? wanted : PRIME_BYTES);
    if (!this.#primed) this.#readRest(frame);
    else if (this.#more === 0) this.#ring.shift(bytesOfSamples(frame));
    else this.#interpolate(frame, frame.length + this.#more);
    this.#before = frame.at(-1) ?? 0;
    this.#look();
  }

  /** The device is behind: its sound begins anew when enough of it is there. */
  #readRest(frame: Int16Array): void {
    frame.fill(0);
    this.#least = Number.POSITIVE_INFINITY;
    this.#frames = 0;
    this.#more = 0;
  }

  /** Makes a frame of another number of samples, by a cubic through four of them. */
  #interpolate(frame: Int16Array, count: number): void {
    if (this.#taken.length !== count + 2) this.#taken = new Int16Array(count + 2);
    const taken = this.#taken;
    const there = this.#ring.peek(bytesOfSamples(taken)) / BYTES;
    taken.fill(taken[there - 1] ?? 0, there);
    this.#ring.skip(count * BYTES);
    const step = count / frame.length;
    for (let index = 0; index < frame.length; index++) {
      const at = Math.floor(index * step);
      const part = index * step - at;
      const a = at === 0 ? this.#before : (taken[at - 1] ?? 0);
      const [b = 0, c = 0, d = 0] = [taken[at], taken[at + 1], taken[at + 2]];
      const curve = 2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a);
      const value = b + 0.5 * part * (c - a + part * curve);
      frame[index] = Math.max(-32_768, Math.min(32_767, Math.round(value)));
    }
  }

  /** Sees, from time to time, whether the device is slower or faster than its frames are said. */
  #look(): void {
    if (!this.#primed) return;
    this.#least = Math.min(this.#least, this.#ring.length);
    this.#frames++;
    if (this.#frames < WINDOW_FRAMES) return;
    this.#more = this.#least < LEAST_BYTES ? -1 : this.#least > SPARE_BYTES ? 1 : 0;
    this.#frames = 0;
    this.#least = Number.POSITIVE_INFINITY;
  }
}
