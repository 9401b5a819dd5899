import type { Span } from '../speech-units.js';
import { type LegKernel, legKernel, PLACES } from './leg-kernel.js';
import type { VoiceBands } from './voice-bands.js';

/** Bins in which partials are looked for: 156 to 3500 Hz. Their number is a multiple of 4. */
const FIRST_BIN = 5;
const LAST_BIN = 112;
const BINS = LAST_BIN + 1 - FIRST_BIN;
/** Frames for which a partial stays in its bin before it counts as held: 160 ms. Partials of speech move. */
const HELD = 16;
/** Frames of the window that is judged at once (three seconds), and frames between two judgements. */
const WINDOW = 300;
const STEP = 50;
/** Least share of the frames of a window with sound. */
const ACTIVE = 0.55;
/** Least share of the power in held partials that is music, as a mean over the frames with sound. */
const MUSIC = 0.25;
const RING = 64;

/** Tells music from speech: partials of music are held, and music does not pause. */
export class MusicFrames {
  readonly #kernel: LegKernel = legKernel();
  /** Frames for which each bin has been a peak, and a view of them in the memory of the kernel. */
  readonly #ages = new Int32Array(BINS);
  readonly #place = new Int32Array(this.#kernel.memory.buffer, PLACES.out, BINS);
  /** Share of the power in held partials, for the newest frames, as a ring. */
  readonly #held = new Float32Array(RING);
  /** Share of held partials in the decided frames of the window; -1 for frames without sound. */
  readonly #window = new Float32Array(WINDOW).fill(-1);
  #looked = 0;
  #taken = 0;
  #open: { from: number; to: number } | undefined;
  /** End of the newest stretch that is over. */
  #ended = 0;

  /** Analyses the newest frame. @param noise Power of the noise in it. */
  look(bands: VoiceBands, noise: number): void {
    const { total } = bands;
    const held = bands.isSilent ? this.#still() : this.#heldPower(total);
    const sound = total - noise;
    this.#held[this.#looked++ % RING] = sound > noise ? Math.min(1, held / sound) : 0;
  }

  /**
   * Takes the decision on the frame LOOK_AHEAD before the newest.
   * @returns a stretch of music that has ended, in frames.
   */
  take(isSound: boolean): Span | undefined {
    const frame = this.#taken++;
    // A partial counts as held only after some frames: the value belongs to the frame in their middle.
    const at = Math.min(frame + HELD / 2, this.#looked - 1);
    this.#window[frame % WINDOW] = isSound ? (this.#held[at % RING] as number) : -1;
    if (this.#taken % STEP !== 0 || this.#taken < WINDOW) return undefined;
    return this.#judge();
  }

  /** @returns the stretch of music that has not ended, in frames. */
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

  /** Returns the power in the bins that have been peaks for long enough. */
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
    // A window may count as music without being music throughout, so half a second at each edge is left out.
    const [from, to] = [this.#taken - WINDOW + STEP, this.#taken - STEP];
    if (score >= MUSIC) {
      this.#open = { from: this.#open?.from ?? Math.max(from, this.#ended), to };
      return undefined;
    }
    // Windows overlap. The music ends only when enough of the newest window lies after it.
    if (this.#open && from >= this.#open.to - WINDOW / 2) return this.end();
    return undefined;
  }
}
