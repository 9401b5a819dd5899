import { PTIME_MS } from '../base/pcm.js';
import { FRAME_SAMPLES, type MadeUp, type Party } from './party.js';

/** Faults of a line. */
export interface Impairment {
  /** Share of lost frames in each direction, in percent: 0 to 100. */
  readonly lossPercent?: number;
  /**
   * Mean length of a run of lost frames, in ms: 20 to 60,000. Default: each frame is lost by itself. Runs are those of
   * Gilbert's model, whose line is either good or loses all.
   */
  readonly meanLossMs?: number;
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
  readonly #wasLost = { spoken: false, heard: false };
  #random: number;
  #hearsSpeech = false;

  constructor(party: Party, impairment: Impairment) {
    this.#party = party;
    this.#impairment = impairment;
    this.#random = impairment.seed ?? 1;
  }

  async speak(frame: Int16Array): Promise<void> {
    await this.#party.speak(frame);
    if (this.#loses('spoken') || (this.#impairment.halfDuplex && this.#hearsSpeech)) frame.fill(0);
  }

  madeUp(): readonly MadeUp[] {
    const made = this.#party.madeUp?.() ?? [];
    return this.#wasLost.spoken ? [...made, { from: 0, samples: FRAME_SAMPLES, reason: 'lost' }] : made;
  }

  hear(frame: Int16Array): void | Promise<void> {
    this.#hearsSpeech = meanLevel(frame) > SPEECH_LEVEL;
    return this.#party.hear(this.#loses('heard') ? this.#silence : frame);
  }

  leave(): Promise<void> {
    return this.#party.leave();
  }

  /** Decides whether the next frame of a direction is lost. */
  #loses(direction: 'spoken' | 'heard'): boolean {
    // Park and Miller's generator.
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    const lost = this.#random / 2_147_483_647 < lossChance(this.#impairment, this.#wasLost[direction]);
    this.#wasLost[direction] = lost;
    return lost;
  }
}

/** Chance that a frame is lost, after one that was lost or not. */
function lossChance({ lossPercent = 0, meanLossMs }: Impairment, wasLost: boolean): number {
  const share = lossPercent / 100;
  if (meanLossMs === undefined || share === 1) return share;
  // As many runs begin as end, so that the share of lost frames is as asked for. Where so many are lost that runs cannot
  // begin often enough, they are longer.
  const ends = Math.min(1, PTIME_MS / meanLossMs, (1 - share) / share);
  return wasLost ? 1 - ends : (share * ends) / (1 - share);
}

function meanLevel(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += Math.abs(sample);
  return sum / frame.length;
}
