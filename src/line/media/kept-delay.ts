import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import { LATE_HOLE } from './play-account.js';

/** Sample rate of all counts, in Hz. */
const RATE = 16_000;
/** Time for which audio has to keep waiting so that it counts as a lasting delay, in samples. */
const WINDOW = 2 * RATE;
/**
 * Length and number of the first windows, in samples. They are shorter, because more than a frame may have come before
 * the first read, and because delay of a busy beginning is soon useless.
 */
const FIRST_WINDOW = RATE / 2;
const FIRST_WINDOWS = 8;
/** Largest guard, in samples, and windows after which a guard that was not needed is reduced. */
const MAX_GUARD = RATE / 10;
const WINDOWS = 15;
/** Part of the spare time that is kept as a margin, in ms. */
const MARGIN_MS = 2;
/** Reads in a row whose spare time is whole frames, after which these frames are dropped. */
const SPARE_READS = 25;

/**
 * Decides how much of the waiting audio is kept as a guard against late audio, and how much is useless delay. A short
 * hole raises the guard to its length. Windows in which the guard was not needed reduce it. Counts are in samples.
 */
export class KeptDelay {
  /** Samples of silence that were read since the audio ran out. */
  #hole = LATE_HOLE;
  #guard = 0;
  /** Least waiting audio, and samples read, in the current window. */
  #least = Number.POSITIVE_INFINITY;
  #sinceLook = 0;
  #windows = 0;
  /** Least waiting audio of the windows since the guard was last reviewed. */
  #unneeded = Number.POSITIVE_INFINITY;
  /** Reads in a row with spare time, and the whole frames that each of them could do without. */
  #spareReads = 0;
  #spare = Number.POSITIVE_INFINITY;

  /** Audio that may keep waiting, because some has come late. */
  get guard(): number {
    return this.#guard;
  }

  /** Notes samples that were read as silence, because there was no audio. */
  lack(samples: number): void {
    this.#hole += samples;
  }

  /** Notes that there is audio again. A short hole before it means that the audio came late. */
  begin(): void {
    if (this.#hole < LATE_HOLE) this.#guard = Math.min(MAX_GUARD, Math.max(this.#guard, this.#hole));
    this.#hole = 0;
  }

  /** Notes that the audio was ended on purpose, so that the next audio is not late. */
  cut(): void {
    this.#hole = LATE_HOLE;
  }

  /** Notes by how many milliseconds all audio of the last seconds could have been read earlier. */
  spare(ms: number): void {
    const frames = wholeFrames(ms - MARGIN_MS);
    this.#spareReads = frames > 0 ? this.#spareReads + 1 : 0;
    this.#spare = frames > 0 ? Math.min(this.#spare, frames) : Number.POSITIVE_INFINITY;
  }

  /**
   * Notes that a frame of `length` samples was read, and that `waiting` samples still wait.
   *
   * @returns number of samples to drop: those beyond the guard that have waited for a whole window, and frames that the
   *   audio of the last seconds could do without.
   */
  read(length: number, waiting: number): number {
    return this.#spareReads < SPARE_READS ? this.#look(length, waiting) : this.#reduce(waiting);
  }

  /** Returns what was not needed in the last seconds, and forgets the guard of it. */
  #reduce(waiting: number): number {
    const unneeded = Math.min(this.#spare, waiting);
    this.#guard = Math.min(this.#guard, waiting - unneeded);
    this.#spareReads = 0;
    this.#spare = Number.POSITIVE_INFINITY;
    this.#beginWindow();
    return unneeded;
  }

  #look(length: number, waiting: number): number {
    this.#least = Math.min(this.#least, waiting);
    this.#sinceLook += length;
    if (this.#sinceLook < (this.#windows < FIRST_WINDOWS ? FIRST_WINDOW : WINDOW)) return 0;
    const least = this.#least;
    const surplus = Math.max(0, least - this.#guard);
    this.#unneeded = Math.min(this.#unneeded, least);
    if (++this.#windows % WINDOWS === 0) {
      this.#guard = Math.max(0, this.#guard - this.#unneeded);
      this.#unneeded = Number.POSITIVE_INFINITY;
    }
    this.#beginWindow();
    return surplus;
  }

  #beginWindow(): void {
    this.#least = Number.POSITIVE_INFINITY;
    this.#sinceLook = 0;
  }
}

/** Returns the samples of the whole frames in `ms` milliseconds. */
function wholeFrames(ms: number): number {
  return Math.max(0, Math.floor(ms / PTIME_MS)) * FRAME_SAMPLES;
}
