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

/** The work that a recorder does with each recording once its call is over. */
export interface AfterCallsOptions {
  /** Engine that writes down what was said. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language that is spoken, such as `en`. Default: the engine's. */
  readonly language?: string;
  /**
   * Takes card numbers and phrases out of each recording. Hook and webhook are told of it when that is done. Default:
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
