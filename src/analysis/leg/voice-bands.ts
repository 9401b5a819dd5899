import { RealSpectrum } from './real-spectrum.js';

/** Sample rate at which voice is looked at: what a telephone line carries. */
export const BAND_RATE = 8000;
/** Samples of a frame of 10 ms at {@link BAND_RATE}. */
export const FRAME = BAND_RATE / 100;
/** Samples that a frame's spectrum is taken of, 32 ms; it lies around a point 16 ms before the frame's end. */
const WINDOW = 256;
/** Width of a bin of the spectrum, in Hz. */
export const BIN_HZ = BAND_RATE / WINDOW;
/** First bins of the bands from 94 to 3500 Hz, narrow below and wide above as hearing has them, and the end of the last. */
const EDGES = [3, 5, 7, 9, 12, 16, 20, 24, 29, 35, 42, 50, 59, 70, 83, 98, 112] as const;
export const BANDS = EDGES.length - 1;
/** Samples of the past that are kept: two seconds. */
const KEPT = 16_384;
/** Frames whose level is kept: 2.56 seconds. */
const FRAMES = 256;

/** Frames of 10 ms of one leg, each with its power in 16 bands. */
export class VoiceBands {
  /** Frames that were taken. */
  count = 0;
  /** Mean square of each band in the newest frame, full scale being 1. */
  readonly powers = new Float64Array(BANDS);
  /** Their sum. */
  total = 0;
  /** The newest {@link KEPT} samples, as a ring. */
  readonly samples = new Int16Array(KEPT);
  readonly #spectrum = new RealSpectrum(WINDOW);
  /** Mean squares of the newest {@link FRAMES} frames, as a ring. */
  readonly #squares = new Float64Array(FRAMES);
  #filled = 0;
  #sounds = 0;

  /** Power of each bin of the newest frame; valid where {@link isSilent} is false. */
  get spectrum(): Float64Array {
    return this.#spectrum.power;
  }

  /** True when nothing but exact silence is in the newest frame's window. */
  get isSilent(): boolean {
    return this.#sounds === 0;
  }

  /** Samples that were taken, without those of a frame that is not full. */
  get end(): number {
    return this.count * FRAME;
  }

  /** Takes samples up to the end of a frame at most. Returns how many; a frame is full when {@link count} grows. */
  take(samples: Int16Array, from: number): number {
    const part = Math.min(samples.length - from, FRAME - this.#filled);
    const at = (this.end + this.#filled) & (KEPT - 1);
    const piece = samples.subarray(from, from + part);
    const first = Math.min(part, KEPT - at);
    this.samples.set(first === part ? piece : piece.subarray(0, first), at);
    if (first < part) this.samples.set(piece.subarray(first), 0);
    if (hasSound(piece)) this.#sounds = WINDOW + FRAME;
    this.#filled += part;
    if (this.#filled === FRAME) this.#frame();
    return part;
  }

  /** Mean square of a frame of the last two seconds, full scale being 1. */
  meanSquare(frame: number): number {
    return this.#squares[frame & (FRAMES - 1)] as number;
  }

  #newestSquare(): number {
    let sum = 0;
    for (let i = this.end; i < this.end + FRAME; i++) {
      const sample = this.samples[i & (KEPT - 1)] as number;
      sum += sample * sample;
    }
    return sum / (FRAME * 32768 ** 2);
  }

  #frame(): void {
    this.#filled = 0;
    this.#squares[this.count & (FRAMES - 1)] = this.#newestSquare();
    this.count++;
    this.#sounds = Math.max(0, this.#sounds - FRAME);
    const { powers } = this;
    if (this.#sounds === 0) {
      powers.fill(0);
      this.total = 0;
      return;
    }
    const bins = this.#spectrum.take(this.samples, this.end - WINDOW + KEPT);
    let total = 0;
    for (let band = 0; band < BANDS; band++) {
      let sum = 0;
      for (let bin = EDGES[band] as number; bin < (EDGES[band + 1] as number); bin++)
        sum += bins[bin] as number;
      powers[band] = sum;
      total += sum;
    }
    this.total = total;
  }
}

function hasSound(samples: Int16Array): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== 0) return true;
  return false;
}
