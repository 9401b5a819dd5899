import type { Keyword } from '../../analysis/words/keyword-watch.js';
import { KEYWORDS } from '../../analysis/words/keyword-watch.js';
import { flag, having, line, nested, type Rules } from '../../base/check.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';

/** Rules of masking after each call. */
export interface MaskAfterCalls {
  /** True to mask card numbers: runs of 13 digits and more, said or pressed. Default true. */
  readonly cards?: boolean;
  /** Phrases to mask. They need a transcriber. Default: none. */
  readonly phrases?: readonly Keyword[];
}

/** Processing of each recording after its call. */
export interface AfterCallsOptions {
  /** Engine that transcribes the recordings. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language of the speech, such as `en`. Default: that of the engine. */
  readonly language?: string;
  /**
   * Masks card numbers and phrases in each recording. The hook and the webhook get the event afterwards. Default:
   * nothing is masked.
   */
  readonly mask?: MaskAfterCalls;
}

/** The rules of {@link AfterCallsOptions}. */
export const AFTER_CALLS_RULES: Rules<AfterCallsOptions> = {
  transcriber: having('transcribe'),
  language: line(1, 100),
  mask: nested<MaskAfterCalls>({ cards: flag, phrases: KEYWORDS }),
};
