import { BAND_EDGES, type LegKernel, legKernel, PLACES, ROW } from './leg-kernel.js';

/** Sample rate at which voice is looked at: what a telephone line carries. */
export const BAND_RATE = 8000;
/** Samples of a frame of 10 ms at {@link BAND_RATE}. */
export const FRAME = BAND_RATE / 100;
/** Samples that a frame's spectrum is taken of, 32 ms; it lies around a point 16 ms before the frame's end. */
const WINDOW = 256;
/** Width of a bin of the spectrum, in Hz. */
export const BIN_HZ = BAND_RATE / WINDOW;
export const BANDS = BAND_EDGES.length - 1;
/** Samples of the past that are kept: two seconds. */
const KEPT = 16_384;
/** Frames whose level is kept: 2.56 seconds. */
const FRAMES = 256;
/** Most samples that are loaded at once: 200 ms. */
export const MOST_LOADED = 1600;
/** Frames of silence after which nothing of a window is sound. */
const SILENT_FRAMES = Math.ceil(WINDOW / FRAME);

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
  /** Power of each bin of the newest frame; good until the next frame of any leg, and where {@link isSilent} is false. */
  readonly spectrum: Float32Array;
  readonly #kernel: LegKernel = legKernel();
  /** Mean squares of the newest {@link FRAMES} frames, as a ring. */
  readonly #squares = new Float64Array(FRAMES);
  /** Samples that the next frame's window begins with. */
  readonly #rest = new Int16Array(WINDOW);
  #held = WINDOW - FRAME;
  /** Samples in the kernel's memory, the rest included, and where the next window begins there. */
  #loaded = 0;
  #at = 0;
  /** Frames of exact silence, the newest. */
  #still = SILENT_FRAMES;

  constructor() {
    const { buffer } = this.#kernel.memory;
    this.spectrum = new Float32Array(buffer, PLACES.row, ROW.bins);
  }

  /** True when nothing but exact silence is in the newest frame's window. */
  get isSilent(): boolean {
    return this.#still >= SILENT_FRAMES;
  }

  /** Samples that were taken, without those of a frame that is not full. */
  get end(): number {
    return this.count * FRAME;
  }

  /** Takes samples, {@link MOST_LOADED} at most. Their frames come by {@link next}, before another leg's are loaded. */
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

  /** Goes on to the next frame. @returns false when all that was loaded is used up. */
  next(): boolean {
    if (this.#at + WINDOW > this.#loaded) {
      this.#keepRest();
      return false;
    }
    this.#frame(PLACES.frames + 2 * this.#at);
    this.#at += FRAME;
    return true;
  }

  /** Mean square of a frame of the last two seconds, full scale being 1. */
  meanSquare(frame: number): number {
    return this.#squares[frame & (FRAMES - 1)] as number;
  }

  /** The strongest bin of the newest frame from `low` to `high`. */
  strongest(low: number, high: number): number {
    return low + this.#kernel.largest(PLACES.row + 4 * low, high - low + 1);
  }

  #keepRest(): void {
    this.#held = this.#loaded - this.#at;
    const place = PLACES.frames / 2 + this.#at;
    const memory = this.#kernel.samples;
    for (let i = 0; i < this.#held; i++) this.#rest[i] = memory[place + i] as number;
  }

  /** Takes the frame whose window lies at an address. */
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
