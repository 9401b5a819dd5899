import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import { BAND_RATE, COLUMN_BANDS, FRAME, ROW_BANDS, type VoiceBands } from './voice-bands.js';

/** Frames that the detector gets at once: 50 ms. It gets as many before the first that may be a key. */
const AT_ONCE = 5;
/**
 * Least mean square, relative to full scale, of a frame with a part of a key. The quietest key that counts has a mean
 * square of 5e-5 in 12.5 ms, which are in three frames at most.
 */
const FAINT = 1.5e-5;
/**
 * Least shares of the power of a frame that are a key's: those of its two sines, of the row and of the column. A key
 * has 0.72, 0.15 and 0.05 at least; beside it is what else is in the window of the spectrum.
 */
const KEY_SHARE = 0.5;
const ROW_SHARE = 0.1;
const COLUMN_SHARE = 0.04;
const NOTHING: readonly DtmfEvent[] = [];

/**
 * Detects the keys of a telephone in the frames of a leg. The detector hears only frames whose spectrum may be that of a
 * key, and those just before them: a tenth of a usual call.
 */
export class KeyFrames {
  readonly #bands: VoiceBands;
  readonly #detector = new DtmfDetector({ format: { sampleRate: BAND_RATE, channels: 1 } });
  /** Frames that the detector has heard or left out. */
  #known = 0;
  /** Newest frame that may be a key. */
  #newest = -1;

  constructor(bands: VoiceBands) {
    this.#bands = bands;
  }

  /** Takes the newest frame. Positions of events are samples at the rate of the bands. */
  take(): readonly DtmfEvent[] {
    const { count } = this.#bands;
    if (mayBeKey(this.#bands)) this.#newest = count - 1;
    return count % AT_ONCE === 0 ? this.#hear(AT_ONCE) : NOTHING;
  }

  end(): readonly DtmfEvent[] {
    return [...this.#hear(this.#bands.count % AT_ONCE), ...this.#detector.flush()];
  }

  /** Has the newest frames heard, if there may be a key in them. */
  #hear(frames: number): readonly DtmfEvent[] {
    const detector = this.#detector;
    const { count } = this.#bands;
    if (detector.isQuiet && this.#newest < count - frames) return NOTHING;
    const unknown = count - this.#known;
    const heard = Math.min(unknown, frames + AT_ONCE);
    if (heard < unknown) detector.skip((unknown - heard) * FRAME);
    this.#known = count;
    return this.#bands.newest(heard).flatMap((part) => detector.push(part));
  }
}

/** True when a part of a key may be in the newest frame. */
function mayBeKey(bands: VoiceBands): boolean {
  if (bands.meanSquare(bands.count - 1) < FAINT) return false;
  const row = bands.powerOf(ROW_BANDS);
  const column = bands.powerOf(COLUMN_BANDS);
  const { total } = bands;
  return row + column >= KEY_SHARE * total && row >= ROW_SHARE * total && column >= COLUMN_SHARE * total;
}
