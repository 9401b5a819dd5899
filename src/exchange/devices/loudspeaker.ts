import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES, mixInto } from '../../switch/party.js';
import type { SoundCard } from './sound-card.js';

/** Frames that wait for a call that is behind: as long as calls make up for a machine that was away. */
const MOST_WAITING = 2000 / PTIME_MS;

/**
 * The loudspeaker of one user, for all of their calls at once: it plays the sum of what they give it, since a sound card
 * plays one frame a tick. A frame is played when every call has given its part.
 */
export class Loudspeaker {
  readonly #card: SoundCard;
  /** Calls that are waited for. */
  readonly #playing = new Set<object>();
  /** Number of the frame that each call gives next. */
  readonly #next = new WeakMap<object, number>();
  /** Frames that lack the part of a call, from number {@link #played} on. */
  readonly #waiting: Int16Array[] = [];
  #played = 0;

  constructor(card: SoundCard) {
    this.#card = card;
  }

  /** Takes what `call` has to play in this tick. Throws what the sound card throws. */
  play(call: object, frame: Int16Array): void {
    const number = Math.max(this.#nextOf(call), this.#played);
    this.#playing.add(call);
    this.#next.set(call, number + 1);
    if (this.#playing.size === 1 && this.#waiting.length === 0) {
      this.#played = number + 1;
      this.#card.play(frame);
      return;
    }
    this.#add(number - this.#played, frame);
    this.#playWhole();
  }

  /** `call` gives nothing for now, and is not waited for. */
  pause(call: object): void {
    this.#playing.delete(call);
    if (this.#playing.size === 0) this.#waiting.length = 0;
  }

  #nextOf(call: object): number {
    return this.#next.get(call) ?? 0;
  }

  #add(index: number, frame: Int16Array): void {
    while (this.#waiting.length <= index) this.#waiting.push(new Int16Array(FRAME_SAMPLES));
    const sum = this.#waiting[index]?.subarray(0, frame.length);
    if (sum) mixInto(sum, frame);
  }

  #playWhole(): void {
    const whole = Math.min(...Array.from(this.#playing, (call) => this.#nextOf(call)));
    while (this.#waiting.length > 0 && (this.#played < whole || this.#waiting.length > MOST_WAITING)) {
      const frame = this.#waiting.shift();
      this.#played++;
      if (frame) this.#card.play(frame);
    }
  }
}
