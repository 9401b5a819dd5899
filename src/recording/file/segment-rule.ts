import { checkOptions, type Rules, within } from '../../base/check.js';
import { msToSamples } from '../../base/pcm.js';
import { measureLevel } from '../../voice/level/level-meter.js';
import { STEREO_BYTES } from './stereo-file.js';

/** Rules for starting a new file; the first that applies decides. Without rules there is one file. */
export interface SegmentRules {
  /** Length of a file, in milliseconds: 1000 to 604,800,000, which is a week. */
  readonly everyMs?: number;
  /** Size of a file, in bytes of samples: 65,536 to 2^40. */
  readonly maxBytes?: number;
  /**
   * Silence of both legs that ends a file, in milliseconds: 500 to 3,600,000. The silence belongs to the ended file.
   */
  readonly silenceMs?: number;
  /** Level below which a leg counts as silent, in dBFS (RMS): -90 to 0. Default -50. */
  readonly silenceDbfs?: number;
}

const MIN_SEGMENT = msToSamples(1000);

/** Longest recording, and longest segment, in ms: a week. */
export const MAX_RECORDING_MS = 604_800_000;
/** The rules of {@link SegmentRules}. */
export const SEGMENT_RULES: Rules<SegmentRules> = {
  everyMs: within(1000, MAX_RECORDING_MS, 'ms'),
  maxBytes: within(65_536, 2 ** 40, 'bytes'),
  silenceMs: within(500, 3_600_000, 'ms'),
  silenceDbfs: within(-90, 0, 'dBFS'),
};

/** @throws ERR_INVALID_ARG with the name of the field. */
export function checkSegmentRules(rules: SegmentRules): SegmentRules {
  checkOptions(rules, SEGMENT_RULES, 'segments.');
  return rules;
}

/** Decides when the next file is due. */
export class SegmentRule {
  readonly #limit: number;
  readonly #silence: number;
  readonly #threshold: number;
  #base = 0;
  #quiet = 0;
  #heard = false;

  constructor(rules: SegmentRules) {
    const bySize = rules.maxBytes === undefined ? Infinity : Math.floor(rules.maxBytes / STEREO_BYTES);
    const byTime = rules.everyMs === undefined ? Infinity : msToSamples(rules.everyMs);
    this.#limit = Math.min(bySize, byTime);
    this.#silence = rules.silenceMs === undefined ? Infinity : msToSamples(rules.silenceMs);
    this.#threshold = rules.silenceDbfs ?? -50;
  }

  begin(base: number): void {
    this.#base = base;
    this.#heard = false;
    this.#quiet = 0;
  }

  /** Position at which the file reaches its length or size limit; Infinity without one. */
  get limit(): number {
    return this.#base + this.#limit;
  }

  /** Takes stereo samples in order. */
  hear(samples: Int16Array): void {
    if (this.#silence === Infinity) return;
    if (measureLevel(samples, 2).every(({ rmsDbfs }) => rmsDbfs < this.#threshold)) {
      this.#quiet += samples.length / 2;
      return;
    }
    this.#quiet = 0;
    this.#heard = true;
  }

  isDue(end: number): boolean {
    const length = end - this.#base;
    return length >= this.#limit || (this.#heard && length >= MIN_SEGMENT && this.#quiet >= this.#silence);
  }
}
