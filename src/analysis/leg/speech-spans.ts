import type { Span } from '../speech-units.js';

/** Start or end of speech, when it has become certain. */
export type SpeechNotice =
  | { readonly type: 'speech-began'; readonly at: number }
  | { readonly type: 'speech-ended'; readonly from: number; readonly to: number };

/** Frames of speech within {@link ONSET_SPAN} frames that begin a unit: 60 of 80 ms. */
const ONSET = 6;
const ONSET_SPAN = 8;
/** Frames without speech after which a unit ends: more than 200 ms. They do not belong to it. */
const PAUSE = 20;
/** Shortest unit that stands well above the noise (90 ms), and shortest other unit (250 ms), in frames. */
const LEAST = 9;
const LEAST_SOFT = 25;
const CLEAR_DB = 7.5;
/** Frames after speech that do not count as noise either: 100 ms. */
const AROUND = 10;

const NOTHING: readonly SpeechNotice[] = [];

/** A unit of speech, in frames. */
export interface SpokenUnit extends Span {
  /** Mean square, relative to full scale. */
  readonly meanSquare: number;
}

/** Joins frames with speech into inter-pausal units. Positions are frames. */
export class SpeechSpans {
  readonly units: SpokenUnit[] = [];
  #count = 0;
  #first = -1;
  #last = Number.NEGATIVE_INFINITY;
  #frames = 0;
  #began = false;
  /** Largest excess of the unit over the noise. */
  #peak = 0;
  /** Sums of the mean squares since the first frame of the unit: up to its last frame, and up to now. */
  #sum = 0;
  #sumNow = 0;
  #notices: readonly SpeechNotice[] = NOTHING;

  /** True within 100 ms after speech. */
  get isNearSpeech(): boolean {
    return this.#count - this.#last <= AROUND;
  }

  /** Current unit; undefined when there is none. */
  get open(): SpokenUnit | undefined {
    return this.#began ? this.#unit : undefined;
  }

  /**
   * Takes the next frame: its excess over the noise and its mean square. Returns the notices that have become certain.
   */
  take(isSpeech: boolean, excessDb: number, meanSquare: number): readonly SpeechNotice[] {
    const frame = this.#count++;
    this.#notices = NOTHING;
    this.#sumNow += meanSquare;
    if (isSpeech) this.#speech(frame, excessDb, meanSquare);
    else if (this.#began && frame - this.#last > PAUSE) this.#close();
    return this.#notices;
  }

  get #unit(): SpokenUnit {
    const to = this.#last + 1;
    return { from: this.#first, to, meanSquare: this.#sum / (to - this.#first) };
  }

  end(): readonly SpeechNotice[] {
    this.#notices = NOTHING;
    if (this.#began) this.#close();
    return this.#notices;
  }

  #speech(frame: number, excessDb: number, meanSquare: number): void {
    this.#peak = this.#began || this.#frames > 0 ? Math.max(this.#peak, excessDb) : excessDb;
    if (!this.#began && frame - this.#last > ONSET_SPAN - ONSET + 1) {
      this.#first = frame;
      this.#frames = 0;
      this.#sumNow = meanSquare;
    }
    this.#last = frame;
    this.#sum = this.#sumNow;
    if (this.#began) return;
    if (++this.#frames < ONSET) return;
    this.#began = true;
    this.#notices = [{ type: 'speech-began', at: this.#first }];
  }

  #close(): void {
    const unit = this.#unit;
    const { from, to } = unit;
    this.#began = false;
    this.#frames = 0;
    const least = this.#peak >= CLEAR_DB ? LEAST : LEAST_SOFT;
    if (unit.to - unit.from >= least) this.units.push(unit);
    this.#notices = [{ type: 'speech-ended', from, to }];
  }
}
