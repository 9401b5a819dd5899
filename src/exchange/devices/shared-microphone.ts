import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import type { SoundCard } from './sound-card.js';

/** Frames that are kept for a listener that is behind: as long as calls make up for a machine that was away. */
const KEPT_FRAMES = 2000 / PTIME_MS;
/** Most frames that a tap may miss and still go on where it was: a call that joins another misses one. */
const MISSED_FRAMES = 1;

/**
 * The microphone of one user, for all of their calls at once: each hears every frame, though a sound card gives a frame
 * only once. The listener that comes first captures it; the others get the same one in their ticks.
 */
export class SharedMicrophone {
  readonly #card: SoundCard;
  /** Calls that hear it now. */
  readonly #listening = new Set<MicrophoneTap>();
  /** The newest frames, the newest last. */
  readonly #kept: Int16Array[] = [];
  #captured = 0;

  constructor(card: SoundCard) {
    this.#card = card;
  }

  /** A listener for one call. It hears nothing until it reads. */
  tap(): MicrophoneTap {
    return new MicrophoneTap({
      join: (tap, next) => this.#join(tap, next),
      leave: (tap) => void this.#listening.delete(tap),
      take: (at, frame) => this.#take(at, frame),
    });
  }

  /** @returns the number of the frame that a tap begins with: the newest if others have just heard it, else one to come. */
  #join(tap: MicrophoneTap, next: number): number {
    const others = this.#listening.size > 0;
    this.#listening.add(tap);
    if (!others || this.#captured === 0) return this.#captured;
    const newest = this.#captured - 1;
    return next >= newest - MISSED_FRAMES ? next : newest;
  }

  /** @returns the number of the frame that was taken: a later one than `at` where that is not kept any more. */
  #take(at: number, frame: Int16Array): number {
    if (at >= this.#captured) {
      this.#card.capture(frame);
      this.#keep(frame);
      return this.#captured++;
    }
    const oldest = this.#captured - this.#kept.length;
    const found = at < oldest ? this.#captured - 1 : at;
    const kept = this.#kept[found - oldest];
    if (kept) frame.set(kept);
    return found;
  }

  /** Keeps a frame for listeners that lag. With a single one little is kept, for another that comes to it. */
  #keep(frame: Int16Array): void {
    const most = this.#listening.size < 2 ? 2 + MISSED_FRAMES : KEPT_FRAMES;
    let spare: Int16Array | undefined;
    while (this.#kept.length >= most) spare = this.#kept.shift();
    const kept = spare ?? new Int16Array(FRAME_SAMPLES);
    kept.set(frame);
    this.#kept.push(kept);
  }
}

interface TapSide {
  join(tap: MicrophoneTap, next: number): number;
  leave(tap: MicrophoneTap): void;
  take(at: number, frame: Int16Array): number;
}

/** One call's ear at a {@link SharedMicrophone}. */
export class MicrophoneTap {
  readonly #microphone: TapSide;
  #listening = false;
  #next = 0;

  constructor(microphone: TapSide) {
    this.#microphone = microphone;
  }

  /** Fills `frame` with what the microphone hears in this tick. Throws what the sound card throws. */
  read(frame: Int16Array): void {
    if (!this.#listening) this.#next = this.#microphone.join(this, this.#next);
    this.#listening = true;
    this.#next = this.#microphone.take(this.#next, frame) + 1;
  }

  /** The call does not read for now: what is heard until it does again is not for it. */
  pause(): void {
    if (this.#listening) this.#microphone.leave(this);
    this.#listening = false;
  }
}

/** One call's microphone, frame by frame: captured in a tick where a party listens to it, silent while it is muted. */
export class CapturedMicrophone {
  readonly frame = new Int16Array(FRAME_SAMPLES);
  readonly #tap: MicrophoneTap;
  readonly #isMuted: () => boolean;
  readonly #failed: (error: unknown) => void;
  #isCaptured = false;

  constructor(tap: MicrophoneTap, isMuted: () => boolean, failed: (error: unknown) => void) {
    this.#tap = tap;
    this.#isMuted = isMuted;
    this.#failed = failed;
  }

  /** Captures the frame of a tick into {@link frame}, where it is wanted. */
  capture(isWanted: boolean): void {
    this.#isCaptured = isWanted;
    if (!isWanted) {
      this.#tap.pause();
      return;
    }
    try {
      this.#tap.read(this.frame);
      if (this.#isMuted()) this.frame.fill(0);
    } catch (error) {
      this.frame.fill(0);
      this.#failed(error);
    }
  }

  /** Returns the frame that was captured in this tick, once. */
  take(): Int16Array | undefined {
    if (!this.#isCaptured) return undefined;
    this.#isCaptured = false;
    return this.frame;
  }

  pause(): void {
    this.#tap.pause();
  }
}
