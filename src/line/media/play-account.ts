import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { FRAME_SAMPLES, type MadeUp } from '../../switch/party.js';
import { MadeUpAccount } from '../rtp-playout/made-up-account.js';

/** Length below which a hole is audio that came late, and not a pause of the speaker, in samples. */
export const LATE_HOLE = msToSamples(200);
/** Most holes that may yet turn out to be those of audio that is dropped. */
const MOST_HOLES = 64;

/** Stretch without audio. Positions are samples that were played. */
interface Hole {
  readonly at: number;
  readonly samples: number;
}

/**
 * Records which of the played audio was not received, exact to the sample. A connection loses nothing by itself: a hole
 * is audio that is held up, or that was not sent. Audio that is dropped, because too much of it came behind a hole, is
 * late: the hole was its place. What is dropped without a hole (the peer's clock is fast) is told as the samples in
 * front of which it was.
 */
export class PlayAccount {
  readonly #account = new MadeUpAccount();
  readonly #holes: Hole[] = [];
  /** Length of the current hole, and whether there was audio before it. */
  #hole = 0;
  #isBegun = false;
  /** Dropped samples that have no place yet. */
  #dropped = 0;
  #madeUp: readonly MadeUp[] = [];

  /** Notes samples of silence that were played because there was no audio. Those before the first audio are no hole. */
  lack(samples: number): void {
    if (samples === 0) return;
    if (!this.#isBegun) {
      this.#account.play(samples);
      return;
    }
    this.#hole += samples;
    this.#account.starve(samples, VOICE_FORMAT.sampleRate);
  }

  /** Notes that there is audio again. @param waiting Samples of it. */
  begin(waiting: number): void {
    this.#isBegun = true;
    const samples = this.#hole;
    if (samples === 0) return;
    // Audio that was held up comes at once.
    const isPause = samples >= LATE_HOLE && waiting <= 2 * FRAME_SAMPLES;
    const at = this.#account.position - samples;
    this.#account.resume({ lost: 0, late: 0, notSent: isPause ? samples : 0 });
    this.#holes.push({ at, samples });
    if (this.#holes.length > MOST_HOLES) this.#holes.shift();
    this.#hole = 0;
  }

  /** Notes that received samples were played. */
  play(samples: number): void {
    this.#account.play(samples);
  }

  /** Notes that received samples were dropped before the next that is played. */
  drop(samples: number): void {
    this.#dropped += samples;
  }

  /** Stretches that have become known with the last frame. */
  get madeUp(): readonly MadeUp[] {
    return this.#madeUp;
  }

  /** Notes the end of a frame. */
  frame(): void {
    this.#account.frame(FRAME_SAMPLES, 0, 0);
    // Audio that is dropped within a hole ends it. What was dropped last before a hole has an earlier one for its place.
    if (this.#hole === 0 || this.#holes.length > 0) this.#placeDropped();
    this.#madeUp = this.#account.take(FRAME_SAMPLES);
  }

  #placeDropped(): void {
    while (this.#dropped > 0) {
      const hole = this.#holes.pop() ?? { at: this.#account.position, samples: this.#dropped };
      const late = Math.min(hole.samples, this.#dropped);
      this.#account.rename(hole.at, late, 'late');
      this.#dropped -= late;
      if (late < hole.samples) this.#holes.push({ at: hole.at + late, samples: hole.samples - late });
    }
  }
}
