import type { Clock } from '../base/time/clock.js';
import type { OutputGapsHeard } from '../recording/hear-output-gaps.js';
import type { SpanReason } from '../stream/align/ledger.js';
import type { NamedStretch } from '../stream/align/stretch-places.js';
import type { Player } from '../stream/player.js';
import type { Transcriber } from '../voice/transcript/transcriber.js';
import type { CallEar, EarListener } from './conversation/call-ear.js';
import type { DigitQueue } from './conversation/digit-queue.js';
import type { SpokenLine } from './conversation/spoken-line.js';
import type { Prompts } from './prompt/prompts.js';

/** State that the parts of a conversation share. */
export interface CallContext {
  readonly clock: Clock;
  readonly ear: CallEar;
  readonly digits: DigitQueue;
  readonly player: Player;
  /** Tracks when the caller has heard each prompt. */
  readonly spoken: SpokenLine;
  /** Engine that understands the caller's speech; absent when the bot has none. */
  readonly transcriber?: Transcriber | undefined;
  readonly prompts: Prompts;
  /**
   * Calls `listener` with the samples that are sent to the caller, positioned on the time line of the received voice.
   * Returns a function that stops it. Absent when the echo guard is off.
   */
  readonly onSent?: ((listener: EarListener) => () => void) | undefined;
  /** Reports the stretches of the received voice that the line made up, by position. Absent when that is not known. */
  readonly madeUp?: ((told: (gap: NamedStretch<SpanReason>) => void) => OutputGapsHeard) | undefined;
  /** Fires when the call is over, with the error that every wait then rejects with. */
  readonly ended: AbortSignal;
  /** Takes an error that kept a prompt from being said while the call went on. */
  readonly unsaid?: (error: unknown) => void;
  /** Returns the present language of the call. */
  language(): string;
}
