import { RateDoubler } from '../../voice/resample/half-band.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfKey } from '../../voice/tone/dtmf.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';

/** Input samples that a {@link RateDoubler} looks ahead. */
const DOUBLER_DELAY = 16;

/** Output of voice to the conversation: at 16 kHz, or the tone of a pressed key in its place. */
export class VoiceOutput {
  #doubler: RateDoubler | undefined;
  #tone: { readonly samples: Int16Array; at: number } | undefined;

  /** True when the voice is converted from 8 kHz to 16 kHz. */
  get isDoubled(): boolean {
    return this.#doubler !== undefined;
  }

  /** Delay of the output, in samples of the voice. */
  get delay(): number {
    return this.#doubler ? DOUBLER_DELAY : 0;
  }

  /** Begins another voice, at 8000 or 16,000 Hz. */
  changeRate(sampleRate: number): void {
    this.#doubler = sampleRate === 8000 ? new RateDoubler() : undefined;
    // Its output is delayed by its look-ahead.
    this.#doubler?.push(new Int16Array(DOUBLER_DELAY));
  }

  /** Plays the tone of a digit in place of voice; `undefined` stops it. */
  press(digit: string | undefined): void {
    if (digit === undefined) {
      this.#tone = undefined;
      return;
    }
    const { row, column } = dtmfKey(digit as DtmfDigit);
    const frequency = [DTMF_ROWS[row] ?? 0, DTMF_COLUMNS[column] ?? 0];
    // A second of whole frequencies is a whole number of periods.
    this.#tone = { samples: toneSamples({ frequency, durationMs: 1000, fadeMs: 0 }), at: 0 };
  }

  /** Fills a frame with voice. */
  play(frame: Int16Array, voice: Int16Array): void {
    const wide = this.#doubler ? this.#doubler.push(voice) : voice;
    frame.set(wide.subarray(0, frame.length));
    const tone = this.#tone;
    if (!tone) return;
    for (let i = 0; i < frame.length; i++) frame[i] = tone.samples[(tone.at + i) % tone.samples.length] ?? 0;
    tone.at += frame.length;
  }
}
