import { signal as abortSignal, having, type Rules, within } from '../base/check.js';
import { CLOCK, type Clock } from '../base/time/clock.js';
import type { Transcriber } from '../voice/transcript/transcriber.js';
import { CONVERSATION, type ConversationOptions } from './conversation-options.js';

/** Options of `analyse`. */
export interface AnalyseOptions extends Omit<ConversationOptions, 'legs' | 'sampleRate'> {
  /** Times two streams that are aligned here. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Audio that may wait for the analysis, in ms: 20 to 600,000; what is older is dropped. Default 5000. */
  readonly maxBufferedMs?: number;
  /** Engine that writes down what each leg says while it is said. Default: none, and there are no words. */
  readonly transcriber?: Transcriber;
  /** Ends it with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

const { legs: _legs, sampleRate: _rate, ...THRESHOLDS } = CONVERSATION;
/** The rules of {@link AnalyseOptions}. */
export const ANALYSE_RULES: Rules<AnalyseOptions> = {
  ...THRESHOLDS,
  clock: CLOCK,
  maxBufferedMs: within(20, 600_000, 'ms'),
  transcriber: having('transcribe'),
  signal: abortSignal,
};

/** Options of the analysis of calls that somebody else follows: a recorder, a bot. */
export type CallAnalysisOptions = Omit<AnalyseOptions, 'clock' | 'signal'>;

const { clock: _clock, signal: _signal, ...OF_CALLS } = ANALYSE_RULES;
/** The rules of {@link CallAnalysisOptions}. */
export const CALL_ANALYSIS_RULES: Rules<CallAnalysisOptions> = OF_CALLS;
