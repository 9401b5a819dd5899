import { signal as abortSignal, having, type Rules, within } from '../base/check.js';
import { CLOCK, type Clock } from '../base/time/clock.js';
import type { Transcriber } from '../voice/transcript/transcriber.js';
import { CONVERSATION, type ConversationOptions } from './conversation-options.js';

/** Options of `analyse`. */
export interface AnalyseOptions extends Omit<ConversationOptions, 'legs' | 'sampleRate'> {
  /** Clock by which a pair of streams is aligned. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Most audio that waits for the analysis, in ms: 20 to 600,000. The oldest is dropped beyond it. Default 5000. */
  readonly maxBufferedMs?: number;
  /** Transcriber of each leg, while it speaks. Default: none, and the report has no words. */
  readonly transcriber?: Transcriber;
  /** Ends the analysis with ERR_ABORTED. */
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

/** Options of an analysis that a recorder or a bot makes of its calls. */
export type CallAnalysisOptions = Omit<AnalyseOptions, 'clock' | 'signal'>;

const { clock: _clock, signal: _signal, ...OF_CALLS } = ANALYSE_RULES;
/** The rules of {@link CallAnalysisOptions}. */
export const CALL_ANALYSIS_RULES: Rules<CallAnalysisOptions> = OF_CALLS;
