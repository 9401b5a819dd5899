import { msToSamples } from '../../base/pcm.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import { ByteRing } from '../voice/byte-ring.js';

const BYTES = Int16Array.BYTES_PER_ELEMENT;
const bytesOfMs = (ms: number) => msToSamples(ms) * BYTES;

/** Sound buffered before output starts, so that a device that delivers large blocks causes no gaps. */
const PRIME_BYTES = bytesOfMs(60);
/** Most sound that is buffered. Beyond that the oldest is dropped. */
const MOST_BYTES = bytesOfMs(200);
/** Number of frames over which the lowest level of the buffer is measured. */
const WINDOW_FRAMES = 50;
/**
 * Limits of the lowest level. Below the first, frames are made of one sample less; above the second, of one sample
 * more.
 */
const LEAST_BYTES = bytesOfMs(30);
const SPARE_BYTES = bytesOfMs(90);

/**
 * Buffer of captured sound. A device has its own clock. If that is slow or fast by up to 3 parts in 1000, frames are
 * made of one sample less or more, with interpolated values.
 */
export class HeardBuffer {
  readonly #ring = new ByteRing(MOST_BYTES);
  #primed = false;
  /** Extra samples taken for a frame: -1, 0 or 1. */
  #more = 0;
  #frames = 0;
  #least = Number.POSITIVE_INFINITY;
  /** Last sample of the previous frame. */
  #before = 0;
  #taken = new Int16Array(0);

  clear(): void {
    this.#ring.skip(this.#ring.length);
  }

  /** Adds captured sound. If too much is buffered, only the newest is kept. */
  push(bytes: Uint8Array): void {
    const isTooMuch = bytes.length > this.#ring.free;
    const newest = isTooMuch ? bytes.subarray(-PRIME_BYTES) : bytes;
    const kept = isTooMuch ? PRIME_BYTES - newest.length : this.#ring.length;
    this.#ring.skip(Math.max(0, this.#ring.length - kept));
    this.#ring.push(newest);
  }

  /** Fills `frame`, with silence where there is no sound. */
  read(frame: Int16Array): void {
    const wanted = (frame.length + this.#more) * BYTES;
    this.#primed = this.#ring.length >= (this.#primed ? wanted : PRIME_BYTES);
    if (!this.#primed) this.#readRest(frame);
    else if (this.#more === 0) this.#ring.shift(bytesOfSamples(frame));
    else this.#interpolate(frame, frame.length + this.#more);
    this.#before = frame.at(-1) ?? 0;
    this.#look();
  }

  /** Gives silence when the device is behind. Output starts again when enough is buffered. */
  #readRest(frame: Int16Array): void {
    frame.fill(0);
    this.#least = Number.POSITIVE_INFINITY;
    this.#frames = 0;
    this.#more = 0;
  }

  /** Makes a frame from another number of samples by cubic interpolation through four samples. */
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

  /** Compares the speeds of device and output once per window of frames, and adjusts the number of samples. */
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
