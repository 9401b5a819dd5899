import { checkArgument } from '../../base/check.js';
import type { AnalysisEvent } from '../analysis-event.js';
import type { ResolvedConversation } from '../conversation-options.js';
import { type LegIndex, legOf } from '../turns/turn-events.js';
import { type ConversationTranscript, transcriptOf } from './conversation-transcript.js';
import { KeywordWatch } from './keyword-watch.js';
import { SAID_PART, type SaidPart } from './said-part.js';
import { tokensOf } from './word-tokens.js';

/** Collects the words of a conversation, and finds keywords in them. */
export class SpokenWords {
  readonly #facts: Pick<ConversationTranscript, 'sampleRate' | 'language'>;
  readonly #watches: readonly KeywordWatch[];
  readonly #parts: SaidPart[] = [];
  readonly #failed = new Set<LegIndex>();

  constructor({ legs, sampleRate, keywords, language }: ResolvedConversation) {
    this.#facts = { sampleRate, language };
    this.#watches = Array.from({ length: legs }, (_, leg) => new KeywordWatch(leg as LegIndex, keywords));
  }

  take(part: SaidPart): AnalysisEvent[] {
    checkArgument('part', part, SAID_PART);
    const { leg } = part;
    this.#check(leg);
    this.#parts.push(part);
    const alerts = this.#watches[leg]?.take(tokensOf(part)) ?? [];
    return [{ type: 'words', leg, part }, ...alerts.map((alert) => ({ type: 'alert' as const, leg, alert }))];
  }

  fail(leg: LegIndex): void {
    this.#check(leg);
    this.#failed.add(leg);
  }

  /** Returns the transcript; undefined when there are no words and no transcriber failed. */
  transcript(): ConversationTranscript | undefined {
    if (this.#parts.length === 0 && this.#failed.size === 0) return undefined;
    const failed = [...this.#failed].sort();
    return transcriptOf(this.#parts, { ...this.#facts, ...(failed.length > 0 && { failed }) });
  }

  #check(leg: unknown): void {
    checkArgument('leg', leg, legOf(this.#watches.length));
  }
}
