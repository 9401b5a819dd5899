import type { PressedKey } from './leg/leg-analysis.js';
import type { HeardTone } from './leg/tone-kinds.js';
import type { Span } from './speech-units.js';
import type { LegIndex } from './turns/turn-events.js';
import type { WordAlert } from './words/keyword-watch.js';
import type { SaidPart } from './words/said-part.js';

/**
 * Event of an analysis. Positions are samples from the start of the conversation. Sound that is told as speech may turn
 * out to be music some seconds later; the figures of the report leave it out then.
 */
export type AnalysisEvent =
  /** A leg speaks. Told 250 ms after it began. */
  | { readonly type: 'speech-began'; readonly leg: LegIndex; readonly at: number }
  /** A leg has paused for more than 200 ms. */
  | { readonly type: 'speech-ended'; readonly leg: LegIndex; readonly from: number; readonly to: number }
  /** Both legs speak; `leg` is the second to begin. */
  | { readonly type: 'overlap-began'; readonly leg: LegIndex; readonly at: number }
  | { readonly type: 'overlap-ended'; readonly from: number; readonly to: number }
  /** No leg has spoken since `at`, for at least the threshold. */
  | { readonly type: 'dead-air-began'; readonly at: number }
  | { readonly type: 'dead-air-ended'; readonly from: number; readonly to: number }
  /** A tone has ended. */
  | { readonly type: 'tone'; readonly leg: LegIndex; readonly tone: HeardTone }
  /** A key of the telephone was released. */
  | { readonly type: 'key'; readonly leg: LegIndex; readonly key: PressedKey }
  /** A stretch of music has ended. */
  | { readonly type: 'music'; readonly leg: LegIndex; readonly music: Span }
  /** Level of each leg over the last second. */
  | { readonly type: 'level'; readonly at: number; readonly rmsDbfs: readonly number[] }
  /** Text of a leg so far, whose last words may still change. Only some transcribers tell it. */
  | { readonly type: 'partial-words'; readonly leg: LegIndex; readonly text: string }
  /** Final words of a leg. */
  | { readonly type: 'words'; readonly leg: LegIndex; readonly part: SaidPart }
  /** A keyword was said. */
  | { readonly type: 'alert'; readonly leg: LegIndex; readonly alert: WordAlert }
  /** The transcriber failed on a leg, which has no more words from here on. */
  | { readonly type: 'transcriber-failed'; readonly leg: LegIndex; readonly reason: string };
