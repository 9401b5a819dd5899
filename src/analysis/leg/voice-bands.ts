import { BAND_EDGES, type LegKernel, legKernel, PLACES, ROW } from './leg-kernel.js';

/** Sample rate at which voice is analysed, that of a telephone line, in Hz. */
export const BAND_RATE = 8000;
/** Samples of a frame of 10 ms at {@link BAND_RATE}. */
export const FRAME = BAND_RATE / 100;
/** Samples of the window of a spectrum: 32 ms. Its centre is 16 ms before the end of the frame. */
const WINDOW = 256;
/** Width of a bin of the spectrum, in Hz. */
export const BIN_HZ = BAND_RATE / WINDOW;
export const BANDS = BAND_EDGES.length - 1;
/** Bands, as first and last, with the rows (625 to 1094 Hz) and the columns (to 1844 Hz) of a keypad. */
export const ROW_BANDS = [6, 8] as const;
export const COLUMN_BANDS = [9, 11] as const;
/** Samples of the past that are kept: two seconds. */
const KEPT = 16_384;
/** Frames whose level is kept: 2.56 seconds. */
const FRAMES = 256;
/** Most samples that are loaded at once: 200 ms. */
export const MOST_LOADED = 1600;
/** Frames of silence after which a window has no sound. */
const SILENT_FRAMES = Math.ceil(WINDOW / FRAME);

/** Frames of 10 ms of one leg, each with its power in 16 bands. */
export class VoiceBands {
  /** Frames that were taken. */
  count = 0;
  /** Mean square of each band in the newest frame, relative to full scale. */
  readonly powers = new Float32Array(BANDS);
  /** Their sum. */
  total = 0;
  /** The newest {@link KEPT} samples, as a ring. */
  readonly samples = new Int16Array(KEPT);
  /**
   * Power of each bin of the newest frame. Valid until the next frame of any leg, and only while {@link isSilent} is
   * false.
   */
  readonly spectrum: Float32Array;
  readonly #kernel: LegKernel = legKernel();
  /** Mean squares of the newest {@link FRAMES} frames, as a ring. */
  readonly #squares = new Float64Array(FRAMES);
  /** First samples of the window of the next frame. */
  readonly #rest = new Int16Array(WINDOW);
  #held = WINDOW - FRAME;
  /** Samples in the memory of the kernel, including the rest, and the start of the next window there. */
  #loaded = 0;
  #at = 0;
  /** Number of the newest frames that are exact silence. */
  #still = SILENT_FRAMES;

  constructor() {
    const { buffer } = this.#kernel.memory;
    this.spectrum = new Float32Array(buffer, PLACES.row, ROW.bins);
  }

  /** True when the window of the newest frame is exact silence. */
  get isSilent(): boolean {
    return this.#still >= SILENT_FRAMES;
  }

  /** Samples that were taken, without those of an incomplete frame. */
  get end(): number {
    return this.count * FRAME;
  }

  /**
   * Takes samples, {@link MOST_LOADED} at most. Call {@link next} for their frames before samples of another leg are
   * loaded.
   */
  load(samples: Int16Array): void {
    const held = this.#held;
    const place = PLACES.frames / 2;
    const memory = this.#kernel.samples;
    for (let i = 0; i < held; i++) memory[place + i] = this.#rest[i] as number;
    memory.set(samples, place + held);
    this.#loaded = held + samples.length;
    this.#at = 0;
    const at = (this.end + held - (WINDOW - FRAME)) & (KEPT - 1);
    const first = Math.min(samples.length, KEPT - at);
    this.samples.set(first === samples.length ? samples : samples.subarray(0, first), at);
    if (first < samples.length) this.samples.set(samples.subarray(first), 0);
  }

  /** Goes on to the next frame. @returns false when all loaded samples are used. */
  next(): boolean {
    if (this.#at + WINDOW > this.#loaded) {
      this.#keepRest();
      return false;
    }
    this.#frame(PLACES.frames + 2 * this.#at);
    this.#at += FRAME;
    return true;
  }

  /** Returns the mean square of a frame of the last two seconds, relative to full scale. */
  meanSquare(frame: number): number {
    return this.#squares[frame & (FRAMES - 1)] as number;
  }

  /** Returns the power of some bands, first to last, in the newest frame. */
  powerOf([first, last]: readonly [number, number]): number {
    let sum = 0;
    for (let band = first; band <= last; band++) sum += this.powers[band] as number;
    return sum;
  }

  /** Returns the samples of the newest frames. They are in two parts where they wrap around the end of the ring. */
  newest(frames: number): readonly Int16Array[] {
    const { samples } = this;
    const length = frames * FRAME;
    const from = (this.end - length) & (KEPT - 1);
    if (from + length <= KEPT) return [samples.subarray(from, from + length)];
    return [samples.subarray(from), samples.subarray(0, from + length - KEPT)];
  }

  /** Returns the strongest bin of the newest frame from `low` to `high`. */
  strongest(low: number, high: number): number {
    return low + this.#kernel.largest(PLACES.row + 4 * low, high - low + 1);
  }

  #keepRest(): void {
    this.#held = this.#loaded - this.#at;
    const place = PLACES.frames / 2 + this.#at;
    const memory = this.#kernel.samples;
    for (let i = 0; i < this.#held; i++) this.#rest[i] = memory[place + i] as number;
  }

  /** Computes the frame whose window is at an address. */
  #frame(window: number): void {
    const kernel = this.#kernel;
    const squares = kernel.squares(window + 2 * (WINDOW - FRAME), FRAME);
    this.#squares[this.count & (FRAMES - 1)] = squares / (FRAME * 32768 ** 2);
    this.count++;
    this.#still = squares === 0 ? this.#still + 1 : 0;
    const { powers } = this;
    if (this.isSilent) {
      powers.fill(0);
      this.total = 0;
      return;
    }
    kernel.spectrum(window, PLACES.row, PLACES.tables);
    const { floats } = kernel;
    const bands = PLACES.row / 4 + ROW.bands;
    for (let band = 0; band < BANDS; band++) powers[band] = floats[bands + band] as number;
    this.total = floats[PLACES.row / 4 + ROW.total] as number;
  }
}
