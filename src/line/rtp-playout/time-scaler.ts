import { mostAlike } from './concealer.js';

/** Longest and shortest piece that is inserted or removed at once, in ms. */
const LONGEST_MS = 10;
const SHORTEST_MS = 2.5;
/** Length of the crossfade between two pieces of voice, in ms. */
const JOIN_MS = 4;
/** Least likeness of two pieces that can be joined inaudibly. */
const ALIKE = 0.8;
/** Mean level, of 32767, below which any two pieces can be joined. */
const QUIET = 150;
/** Amount owed above which pieces are joined without regard to likeness, in ms. */
const PRESSING_MS = 60;

/**
 * Shortens or lengthens voice without a change of pitch, by crossfading two periods (WSOLA). While nothing is owed,
 * voice passes unchanged.
 */
export class TimeScaler {
  /** Samples to remove, or to insert if negative. It changes as the work is done. */
  owed = 0;
  readonly #perMs: number;
  #ready: Int16Array = new Int16Array();
  #removed = 0;
  #inserted = 0;

  constructor(sampleRate: number) {
    this.#perMs = sampleRate / 1000;
  }

  /** Samples that were pulled but not given out. */
  get held(): number {
    return this.#ready.length;
  }

  get removed(): number {
    return this.#removed;
  }

  get inserted(): number {
    return this.#inserted;
  }

  clear(): void {
    this.#ready = new Int16Array();
    this.owed = 0;
  }

  /** Returns the next `count` samples of the voice from `pull`. */
  take(count: number, pull: (length: number) => Int16Array): Int16Array {
    if (Math.abs(this.owed) >= SHORTEST_MS * this.#perMs) this.#scale(count, pull);
    if (this.#ready.length === 0) return pull(count);
    if (this.#ready.length < count) this.#fill(count, pull);
    const due = this.#ready.slice(0, count);
    this.#ready = this.#ready.slice(count);
    return due;
  }

  #fill(length: number, pull: (length: number) => Int16Array): void {
    if (this.#ready.length >= length) return;
    const more = pull(length - this.#ready.length);
    const whole = new Int16Array(length);
    whole.set(this.#ready);
    whole.set(more, this.#ready.length);
    this.#ready = whole;
  }

  /** Removes a piece of the next samples, or inserts one. */
  #scale(count: number, pull: (length: number) => Int16Array): void {
    const join = Math.round(JOIN_MS * this.#perMs);
    const longest = Math.round(LONGEST_MS * this.#perMs);
    // Removing needs more samples than are given out. Inserting needs no more.
    this.#fill(this.owed > 0 ? count + longest : count, pull);
    const voice = this.#ready;
    const limit = Math.min(longest, Math.abs(this.owed), voice.length - join);
    const shortest = Math.round(SHORTEST_MS * this.#perMs);
    if (limit < shortest) return;
    const { lag, likeness } = mostAlike(voice, 0, join, { from: shortest, to: limit, step: 1 });
    const isPressing = Math.abs(this.owed) > PRESSING_MS * this.#perMs;
    if (likeness < ALIKE && !isPressing && !isQuiet(voice)) return;
    if (this.owed > 0) {
      this.#ready = joined(voice, voice.subarray(lag), join);
      this.owed -= lag;
      this.#removed += lag;
    } else {
      const longer = new Int16Array(voice.length + lag);
      longer.set(voice.subarray(0, lag));
      longer.set(joined(voice.subarray(lag), voice, join), lag);
      this.#ready = longer;
      this.owed += lag;
      this.#inserted += lag;
    }
  }
}

/** Returns `after`, with the beginning of `before` faded into it. */
function joined(before: Int16Array, after: Int16Array, length: number): Int16Array {
  const whole = after.slice();
  for (let i = 0; i < length; i++) {
    const share = (i + 1) / (length + 1);
    whole[i] = Math.round((before[i] ?? 0) * (1 - share) + (after[i] ?? 0) * share);
  }
  return whole;
}

function isQuiet(samples: Int16Array): boolean {
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  return sum < QUIET * samples.length;
}
