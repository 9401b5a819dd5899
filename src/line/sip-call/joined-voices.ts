import type { MadeUp, Party } from '../../switch/party.js';
import { FRAME_SAMPLES } from '../../switch/party.js';

/** Most waiting frames: those that come at once after a stall of a second. */
const MOST_FRAMES = 50;
/** Ticks between two reviews of the delay: a second. */
const REVIEW_TICKS = 50;

/** Makes two parties that are connected in memory: each says what the other one hears. */
export function joinedVoices(): readonly [Party, Party] {
  const [there, back] = [new Frames(), new Frames()];
  return [endOf(back, there), endOf(there, back)];
}

function endOf(from: Frames, to: Frames): Party {
  return {
    speak: (frame) => from.take(frame),
    madeUp: () => from.madeUp,
    hear: (frame, madeUp = []) => to.put(frame, madeUp),
    leave: async () => undefined,
  };
}

/** Queue of frames from one conversation to another. Their ticks may come in any order. */
class Frames {
  readonly #waiting: { readonly frame: Int16Array; readonly madeUp: readonly MadeUp[] }[] = [];
  #hasBegun = false;
  #least = Number.POSITIVE_INFINITY;
  #ticks = 0;
  /** Made-up stretches that were told with the last frame. */
  madeUp: readonly MadeUp[] = [];

  put(frame: Int16Array, madeUp: readonly MadeUp[]): void {
    this.#waiting.push({ frame: frame.slice(), madeUp });
    if (this.#waiting.length > MOST_FRAMES) this.#waiting.shift();
  }

  take(frame: Int16Array): void {
    this.#least = Math.min(this.#least, this.#waiting.length);
    if (++this.#ticks === REVIEW_TICKS) this.#review();
    const next = this.#waiting.shift();
    if (next) frame.set(next.frame);
    else frame.fill(0);
    const missing: MadeUp = { from: 0, samples: FRAME_SAMPLES, reason: 'held-up' };
    this.madeUp = next?.madeUp ?? (this.#hasBegun ? [missing] : []);
    this.#hasBegun ||= next !== undefined;
  }

  /** Drops a frame when some have waited all the time, which is only delay. */
  #review(): void {
    if (this.#least > 1) this.#waiting.shift();
    this.#least = Number.POSITIVE_INFINITY;
    this.#ticks = 0;
  }
}
