import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import { BAND_RATE, FRAME, type VoiceBands } from './voice-bands.js';

/** Frames around one that may be a key that are listened to, on either side: 60 ms. */
const AROUND = 6;
const NOTHING: readonly DtmfEvent[] = [];

/**
 * Listens for the keys of a telephone where the spectrum says that there may be one: what lies further away is given to
 * the detector as silence, which costs it next to nothing.
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

  /** Takes the newest frame. Positions of events count samples of the bands' rate. */
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
    // A frame may lie around the end of the ring.
    const first = samples.subarray(from, from + FRAME);
    const events = this.#detector.push(first);
    if (first.length < FRAME) events.push(...this.#detector.push(samples.subarray(0, FRAME - first.length)));
    return events;
  }
}
