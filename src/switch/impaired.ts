import { FRAME_SAMPLES, type MadeUp, type Party } from './party.js';

/** Faults of a line. */
export interface Impairment {
  /** Share of lost frames in each direction, in percent: 0 to 100. */
  readonly lossPercent?: number;
  /** True when the party is muted while it hears speech. */
  readonly halfDuplex?: boolean;
  /** Seed of the losses. The same seed always loses the same frames. Default 1. */
  readonly seed?: number;
}

/** Mean level, of 32767, above which a frame counts as speech. */
const SPEECH_LEVEL = 200;

/** Party on a bad line. The same frames are lost in every run. */
export class Impaired implements Party {
  readonly #party: Party;
  readonly #impairment: Impairment;
  readonly #silence = new Int16Array(FRAME_SAMPLES);
  #random: number;
  #hearsSpeech = false;
  #lastWasLost = false;

  constructor(party: Party, impairment: Impairment) {
    this.#party = party;
    this.#impairment = impairment;
    this.#random = impairment.seed ?? 1;
  }

  async speak(frame: Int16Array): Promise<void> {
    await this.#party.speak(frame);
    this.#lastWasLost = this.#lost();
    if (this.#lastWasLost || (this.#impairment.halfDuplex && this.#hearsSpeech)) frame.fill(0);
  }

  madeUp(): readonly MadeUp[] {
    const made = this.#party.madeUp?.() ?? [];
    return this.#lastWasLost ? [...made, { from: 0, samples: FRAME_SAMPLES, reason: 'lost' }] : made;
  }

  hear(frame: Int16Array): void | Promise<void> {
    this.#hearsSpeech = meanLevel(frame) > SPEECH_LEVEL;
    return this.#party.hear(this.#lost() ? this.#silence : frame);
  }

  leave(): Promise<void> {
    return this.#party.leave();
  }

  #lost(): boolean {
    // Park and Miller's generator.
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    return (this.#random / 2_147_483_647) * 100 < (this.#impairment.lossPercent ?? 0);
  }
}

function meanLevel(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += Math.abs(sample);
  return sum / frame.length;
}
