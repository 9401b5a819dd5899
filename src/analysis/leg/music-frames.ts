import type { Span } from '../speech-units.js';
import { type LegKernel, legKernel, PLACES } from './leg-kernel.js';
import type { VoiceBands } from './voice-bands.js';

/** Bins in which partials are looked for: 156 to 3500 Hz. Their number is a multiple of 4. */
const FIRST_BIN = 5;
const LAST_BIN = 112;
const BINS = LAST_BIN + 1 - FIRST_BIN;
/** Frames for which a partial stays in its bin before it is a held one: 160 ms. Those of speech move. */
const HELD = 16;
/** Frames that are judged together, three seconds, and how often. */
const WINDOW = 300;
const STEP = 50;
/** Part of a window's frames in which there is sound. */
const ACTIVE = 0.55;
/** Part of the power in held partials, as a mean over the frames with sound, from which on it is music. */
const MUSIC = 0.25;
const RING = 64;

/** Tells music from speech: its partials are held, and it does not pause. */
export class MusicFrames {
  readonly #kernel: LegKernel = legKernel();
  /** Frames for which each bin has been a peak, and their place in the kernel's memory. */
  readonly #ages = new Int32Array(BINS);
  readonly #place = new Int32Array(this.#kernel.memory.buffer, PLACES.out, BINS);
  /** Part of the power in held partials of the newest frames, as a ring. */
  readonly #held = new Float32Array(RING);
  /** Held part of the decided frames of the window; -1 where there is no sound. */
  readonly #window = new Float32Array(WINDOW).fill(-1);
  #looked = 0;
  #taken = 0;
  #open: { from: number; to: number } | undefined;
  /** End of the newest stretch that is over. */
  #ended = 0;

  /** Looks at the newest frame. @param noise Its part of the power. */
  look(bands: VoiceBands, noise: number): void {
    const { total } = bands;
    const held = bands.isSilent ? this.#still() : this.#heldPower(total);
    const sound = total - noise;
    this.#held[this.#looked++ % RING] = sound > noise ? Math.min(1, held / sound) : 0;
  }

  /**
   * Takes the decision on the frame LOOK_AHEAD before the newest.
   * @returns a stretch of music that is over, in frames.
   */
  take(isSound: boolean): Span | undefined {
    const frame = this.#taken++;
    // What is held has been so for a while: the frame in the middle of it is meant.
    const at = Math.min(frame + HELD / 2, this.#looked - 1);
    this.#window[frame % WINDOW] = isSound ? (this.#held[at % RING] as number) : -1;
    if (this.#taken % STEP !== 0 || this.#taken < WINDOW) return undefined;
    return this.#judge();
  }

  /** @returns the stretch of music that was not over, in frames. */
  end(): Span | undefined {
    const open = this.#open;
    this.#open = undefined;
    this.#ended = open?.to ?? this.#ended;
    return open;
  }

  #still(): number {
    this.#ages.fill(0);
    return 0;
  }

  /** Power in the bins that have been peaks for long enough. */
  #heldPower(total: number): number {
    this.#place.set(this.#ages);
    const row = PLACES.row + 4 * (FIRST_BIN - 2);
    const power = this.#kernel.held(row, PLACES.out, BINS, total, HELD);
    this.#ages.set(this.#place);
    return power;
  }

  #judge(): Span | undefined {
    let sum = 0;
    let active = 0;
    for (const held of this.#window) {
      if (held < 0) continue;
      sum += held;
      active++;
    }
    const score = active < ACTIVE * WINDOW ? 0 : sum / active;
    // A window that is not all music is still judged to be: half a second at its edges is left out.
    const [from, to] = [this.#taken - WINDOW + STEP, this.#taken - STEP];
    if (score >= MUSIC) {
      this.#open = { from: this.#open?.from ?? Math.max(from, this.#ended), to };
      return undefined;
    }
    // Windows overlap: once the newest has nothing of the music any more, it is over.
    if (this.#open && from >= this.#open.to - WINDOW / 2) return this.end();
    return undefined;
  }
}
