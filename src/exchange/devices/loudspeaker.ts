import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES, mixInto } from '../../switch/party.js';
import type { SoundCard } from './sound-card.js';

/** Most frames that wait for a call that is behind: the longest pause of the machine for which calls catch up. */
const MOST_WAITING = 2000 / PTIME_MS;

/**
 * The loudspeaker of one user, shared by all of their calls. It plays the sum of their frames, since a sound card plays
 * one frame a tick. A frame is played when every call has contributed to it.
 */
export class Loudspeaker {
  readonly #card: SoundCard;
  /** Calls that contribute to each frame. */
  readonly #playing = new Set<object>();
  /** Number of the next frame of each call. */
  readonly #next = new WeakMap<object, number>();
  /** Frames to which a call has yet to contribute, starting at number {@link #played}. */
  readonly #waiting: Int16Array[] = [];
  #played = 0;

  constructor(card: SoundCard) {
    this.#card = card;
  }

  /** Adds the frame of `call` for this tick. Throws the errors of the sound card. */
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

  /** Stops waiting for `call` until it plays again. */
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
