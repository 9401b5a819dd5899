import { PTIME_MS } from '../../base/pcm.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import type { SoundCard } from './sound-card.js';

/** Most frames kept for a tap that is behind: the longest pause of the machine for which calls catch up. */
const KEPT_FRAMES = 2000 / PTIME_MS;
/** Most frames that a tap may miss and still continue where it was. A call that joins another misses one. */
const MISSED_FRAMES = 1;

/**
 * The microphone of one user, shared by all of their calls. Each call gets every frame, although a sound card gives a
 * frame only once. The first tap to read captures the frame, and the others get a copy in their ticks.
 */
export class SharedMicrophone {
  readonly #card: SoundCard;
  /** Taps that are reading now. */
  readonly #listening = new Set<MicrophoneTap>();
  /** Most recent frames, newest last. */
  readonly #kept: Int16Array[] = [];
  #captured = 0;

  constructor(card: SoundCard) {
    this.#card = card;
  }

  /** Makes a tap for one call. It takes no part until its first read. */
  tap(): MicrophoneTap {
    return new MicrophoneTap({
      join: (tap, next) => this.#join(tap, next),
      leave: (tap) => void this.#listening.delete(tap),
      take: (at, frame) => this.#take(at, frame),
    });
  }

  /**
   * Adds a tap.
   *
   * @returns the number of its first frame: the newest one if other taps are reading, otherwise the next.
   */
  #join(tap: MicrophoneTap, next: number): number {
    const others = this.#listening.size > 0;
    this.#listening.add(tap);
    if (!others || this.#captured === 0) return this.#captured;
    const newest = this.#captured - 1;
    return next >= newest - MISSED_FRAMES ? next : newest;
  }

  /**
   * Copies frame `at`, or captures it if it is new.
   *
   * @returns the number of the frame taken. It is later than `at` if that frame is no longer kept.
   */
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

  /** Keeps a frame for taps that are behind. With a single tap only a few frames are kept, for a tap that joins. */
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

/** One call's reader of a {@link SharedMicrophone}. */
export class MicrophoneTap {
  readonly #microphone: TapSide;
  #listening = false;
  #next = 0;

  constructor(microphone: TapSide) {
    this.#microphone = microphone;
  }

  /** Fills `frame` with the sound of this tick. Throws the errors of the sound card. */
  read(frame: Int16Array): void {
    if (!this.#listening) this.#next = this.#microphone.join(this, this.#next);
    this.#listening = true;
    this.#next = this.#microphone.take(this.#next, frame) + 1;
  }

  /** Pauses reading. The call does not get the sound until its next read. */
  pause(): void {
    if (this.#listening) this.#microphone.leave(this);
    this.#listening = false;
  }
}

/** One call's microphone, frame by frame. It captures in ticks in which a party listens, and is silent while muted. */
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

  /** Captures the frame of a tick into {@link frame}, if it is wanted. */
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

  /** Returns the frame captured in this tick, once. */
  take(): Int16Array | undefined {
    if (!this.#isCaptured) return undefined;
    this.#isCaptured = false;
    return this.frame;
  }

  pause(): void {
    this.#tap.pause();
  }
}
