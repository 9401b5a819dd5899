import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES } from '../../switch/party.js';

/** Rate in which everything is counted. */
const RATE = 16_000;
/** Time over which audio that never runs out counts as a delay that does not go away, in samples. */
const WINDOW = 2 * RATE;
/** First window, in samples: shorter, as more than a frame may have come before the first read. */
const FIRST_WINDOW = RATE / 2;
/** A hole that is shorter was audio that came late, and no pause of whoever speaks, in samples. */
const LATE = RATE / 5;
/** Most that is kept because audio has come late, in samples, and windows without need after which less of it is kept. */
const MAX_GUARD = RATE / 10;
const WINDOWS = 15;
/** Part of the time to spare that is kept, in ms. */
const MARGIN_MS = 2;

/**
 * Decides how much of the audio that waits is kept as a guard against audio that comes late, and how much is delay that is
 * no help. A hole raises the guard by its length; windows of time in which the guard was not needed lower it. Counts in
 * samples.
 */
export class KeptDelay {
  /** Samples that were read since the last audio ran out. */
  #hole = LATE;
  #guard = 0;
  /** Least audio that waited, and samples read, in the window so far. */
  #least = Number.POSITIVE_INFINITY;
  #sinceLook = 0;
  #windows = 0;
  /** Least of the windows since the guard was last lowered. */
  #unneeded = Number.POSITIVE_INFINITY;
  #leastSpareMs = Number.POSITIVE_INFINITY;

  /** Audio that may keep waiting, as some has come late. */
  get guard(): number {
    return this.#guard;
  }

  /** Notes samples that were read as silence, as no audio was there. */
  lack(samples: number): void {
    this.#hole += samples;
  }

  /** Notes that audio is there again: a short hole before it was audio that came late. */
  begin(): void {
    if (this.#hole < LATE) this.#guard = Math.min(MAX_GUARD, Math.max(this.#guard, this.#hole));
    this.#hole = 0;
  }

  /** Notes that the audio was ended on purpose: what follows is not late. */
  cut(): void {
    this.#hole = LATE;
  }

  /** Notes the time by which a frame could have been read earlier. */
  spare(ms: number): void {
    this.#leastSpareMs = Math.min(this.#leastSpareMs, ms);
  }

  /**
   * Notes that a frame of `length` was read, behind which `waiting` samples wait.
   *
   * @returns samples that have waited all the time of a window beyond the guard, to be dropped.
   */
  read(length: number, waiting: number): number {
    this.#least = Math.min(this.#least, waiting);
    this.#sinceLook += length;
    if (this.#sinceLook < (this.#windows === 0 ? FIRST_WINDOW : WINDOW)) return 0;
    const least = this.#least;
    // A frame that would not have been missed in the last seconds is no help, whatever came late once.
    if (this.#leastSpareMs < Number.POSITIVE_INFINITY)
      this.#guard = Math.max(0, this.#guard - wholeFrames(this.#leastSpareMs - MARGIN_MS));
    const surplus = Math.max(0, least - this.#guard);
    this.#unneeded = Math.min(this.#unneeded, least);
    if (++this.#windows % WINDOWS === 0) {
      this.#guard = Math.max(0, this.#guard - this.#unneeded);
      this.#unneeded = Number.POSITIVE_INFINITY;
    }
    this.#least = Number.POSITIVE_INFINITY;
    this.#sinceLook = 0;
    this.#leastSpareMs = Number.POSITIVE_INFINITY;
    return surplus;
  }
}

/** Samples of the whole frames in so many milliseconds. */
function wholeFrames(ms: number): number {
  return Math.max(0, Math.floor(ms / PTIME_MS)) * FRAME_SAMPLES;
}
