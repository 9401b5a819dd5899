import type { MadeUp, Party } from '../../switch/party.js';
import { FRAME_SAMPLES } from '../../switch/party.js';

/** Frames that may wait: what a stall of a second brings at once. */
const MOST_FRAMES = 50;
/** The delay is looked at once in so many ticks: a second. */
const REVIEW_TICKS = 50;

/** Two ends between which nothing is sent: each says what the other one hears. */
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

/** Frames on their way from one conversation to another, whose ticks may come in any order. */
class Frames {
  readonly #waiting: { readonly frame: Int16Array; readonly madeUp: readonly MadeUp[] }[] = [];
  #hasBegun = false;
  #least = Number.POSITIVE_INFINITY;
  #ticks = 0;
  /** Stretches of the frame that was taken last, or before it, that were made up. */
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

  /** Lets one frame go where some have waited all the time: they are delay alone. */
  #review(): void {
    if (this.#least > 1) this.#waiting.shift();
    this.#least = Number.POSITIVE_INFINITY;
    this.#ticks = 0;
  }
}
