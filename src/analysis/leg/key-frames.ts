import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import { BAND_RATE, FRAME, type VoiceBands } from './voice-bands.js';

/** Frames before and after a possible key that are analysed: 60 ms. */
const AROUND = 6;
const NOTHING: readonly DtmfEvent[] = [];

/**
 * Detects the keys of a telephone in frames whose spectrum may be that of a key, and in those around them. All other
 * frames are given to the detector as silence, which is cheap.
 */
export class KeyFrames {
  readonly #bands: VoiceBands;
  readonly #detector = new DtmfDetector({ format: { sampleRate: BAND_RATE, channels: 1 } });
  readonly #silence = new Int16Array(FRAME);
  /** Newest frame that may be a key. */
  #newest = Number.NEGATIVE_INFINITY;
  #at = 0;

  constructor(bands: VoiceBands) {
    this.#bands = bands;
  }

  /** Takes the newest frame. Positions of events are samples at the rate of the bands. */
  take(mayBeKey: boolean): readonly DtmfEvent[] {
    const newest = this.#bands.count - 1;
    if (mayBeKey) this.#newest = newest;
    if (newest < AROUND) return NOTHING;
    return this.#hear(this.#at++);
  }

  end(): DtmfEvent[] {
    const events: DtmfEvent[] = [];
    while (this.#at < this.#bands.count) events.push(...this.#hear(this.#at++));
    events.push(...this.#detector.flush());
    return events;
  }

  #hear(frame: number): readonly DtmfEvent[] {
    if (frame > this.#newest + AROUND) return this.#detector.pushSilence(this.#silence);
    const { samples } = this.#bands;
    const from = (frame * FRAME) % samples.length;
    // A frame may wrap around the end of the ring.
    const first = samples.subarray(from, from + FRAME);
    const events = this.#detector.push(first);
    if (first.length < FRAME) events.push(...this.#detector.push(samples.subarray(0, FRAME - first.length)));
    return events;
  }
}
