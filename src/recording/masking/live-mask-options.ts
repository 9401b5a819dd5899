import { KEYWORDS, type Keyword } from '../../analysis/words/keyword-watch.js';
import { checkOptions, flag, having, line, type Rules, within } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';

/** Options of live masking, during a call. */
export interface LiveMaskOptions {
  /**
   * True to mask card numbers: runs of 13 or more digits, pressed, or spoken if there is a transcriber. Default true.
   */
  readonly cards?: boolean;
  /** Phrases to mask. They need a transcriber. Default: none. */
  readonly phrases?: readonly Keyword[];
  /** Engine that transcribes each utterance of each leg. Default: none; only keys are masked. */
  readonly transcriber?: Transcriber;
  /** Language of the speech, such as `en`. Default: that of the engine. */
  readonly language?: string;
  /**
   * Time for which audio is held in memory before it is written, in milliseconds: 2000 to 60,000. Speech that is not
   * transcribed by then is masked (`undecided`). A kill loses the held audio. Default 15,000.
   */
  readonly delayMs?: number;
}

/** Default of {@link LiveMaskOptions.delayMs}. */
export const MASK_DELAY_MS = 15_000;

/** The rules of {@link LiveMaskOptions}. */
export const LIVE_MASK_RULES: Rules<LiveMaskOptions> = {
  cards: flag,
  phrases: KEYWORDS,
  transcriber: having('transcribe'),
  language: line(1, 100),
  delayMs: within(2000, 60_000, 'ms'),
};

/** @throws ERR_INVALID_ARG with the name of the option. */
export function checkLiveMask(options: LiveMaskOptions): void {
  checkOptions(options, LIVE_MASK_RULES);
  const { cards = true, phrases = [], transcriber } = options;
  if (phrases.length > 0 && !transcriber) {
    const text = 'given when phrases are masked, because phrases are found in the transcript';
    throw invalidArgument('mask.transcriber', text, transcriber);
  }
  if (!cards && phrases.length === 0)
    throw invalidArgument('mask', 'given something to find: cards or phrases', 'neither');
}
