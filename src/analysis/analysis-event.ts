import type { PressedKey } from './leg/leg-analysis.js';
import type { HeardTone } from './leg/tone-kinds.js';
import type { Span } from './speech-units.js';
import type { LegIndex } from './turns/turn-events.js';
import type { WordAlert } from './words/keyword-watch.js';
import type { SaidPart } from './words/said-part.js';

/**
 * Something that was noticed while a conversation is heard. Positions are samples from its start. What is told here as
 * speech may turn out to be music some seconds later; the figures of the report leave it out then.
 */
export type AnalysisEvent =
  /** A leg speaks, told 250 ms after it began. */
  | { readonly type: 'speech-began'; readonly leg: LegIndex; readonly at: number }
  /** It has paused for more than 200 ms. */
  | { readonly type: 'speech-ended'; readonly leg: LegIndex; readonly from: number; readonly to: number }
  /** Both speak; `leg` is the one that came second. */
  | { readonly type: 'overlap-began'; readonly leg: LegIndex; readonly at: number }
  | { readonly type: 'overlap-ended'; readonly from: number; readonly to: number }
  /** No leg has spoken for longer than the threshold, since `at`. */
  | { readonly type: 'dead-air-began'; readonly at: number }
  | { readonly type: 'dead-air-ended'; readonly from: number; readonly to: number }
  /** A tone is over. */
  | { readonly type: 'tone'; readonly leg: LegIndex; readonly tone: HeardTone }
  /** A key of the telephone was let go of. */
  | { readonly type: 'key'; readonly leg: LegIndex; readonly key: PressedKey }
  /** A stretch of music is over. */
  | { readonly type: 'music'; readonly leg: LegIndex; readonly music: Span }
  /** Level of each leg over the last second. */
  | { readonly type: 'level'; readonly at: number; readonly rmsDbfs: readonly number[] }
  /** The text of a leg so far, its last words still changing; from a transcriber that tells it. */
  | { readonly type: 'partial-words'; readonly leg: LegIndex; readonly text: string }
  /** Something that a leg said, which does not change any more. */
  | { readonly type: 'words'; readonly leg: LegIndex; readonly part: SaidPart }
  /** A keyword was said. */
  | { readonly type: 'alert'; readonly leg: LegIndex; readonly alert: WordAlert }
  /** The transcriber failed on a leg: there are no words of it from here on. */
  | { readonly type: 'transcriber-failed'; readonly leg: LegIndex; readonly reason: string };
