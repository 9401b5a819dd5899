import type { Clock } from '../base/time/clock.js';
import type { OutputGapsHeard } from '../recording/output-gaps.js';
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
  /** Times at which what is said has been heard. */
  readonly spoken: SpokenLine;
  /** The engine that understands what the caller says; absent where there is none. */
  readonly transcriber?: Transcriber | undefined;
  readonly prompts: Prompts;
  /**
   * Tells what leaves for the caller, by its place on the line of what is heard; returns what stops that. Absent where
   * nobody guards against its echo.
   */
  readonly onSent?: ((listener: EarListener) => () => void) | undefined;
  /** Tells what the call's line makes up in what is heard, by position there. Absent where nobody can tell. */
  readonly madeUp?: ((told: (gap: NamedStretch<SpanReason>) => void) => OutputGapsHeard) | undefined;
  /** Fires when the call is over, with the error that every wait then rejects with. */
  readonly ended: AbortSignal;
  /** Takes the error for which something could not be said, though the call went on. */
  readonly unsaid?: (error: unknown) => void;
  /** The language in which the call is spoken to at present. */
  language(): string;
}
