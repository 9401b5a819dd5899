import { JackfieldError, messageOf } from '../../base/errors.js';
import { LiveTranscript } from '../../voice/transcript/live-transcript.js';
import type { Transcriber, Transcript } from '../../voice/transcript/transcriber.js';
import type { AnalysisEvent } from '../analysis-event.js';
import type { ConversationAnalysis } from '../conversation-analysis.js';
import type { LegIndex } from '../turns/turn-events.js';
import { partOf, partsOf } from './conversation-transcript.js';

/** Transcribes each leg of a live conversation, and passes the words to the analysis. */
export class LiveWords {
  readonly #analysis: ConversationAnalysis;
  readonly #legs: readonly LiveTranscript[];
  readonly #over: Promise<unknown>;
  /** Number of segments of each leg that came before its end. */
  readonly #came = [0, 0];
  #events: AnalysisEvent[] = [];
  #isGivenUp = false;

  constructor(
    analysis: ConversationAnalysis,
    transcriber: Transcriber,
    options: { readonly language?: string; readonly signal?: AbortSignal },
  ) {
    this.#analysis = analysis;
    this.#legs = ([0, 1] as const).map(
      (leg) =>
        new LiveTranscript(transcriber, {
          ...options,
          onPartial: (text) => this.#tell({ type: 'partial-words', leg, text }),
          onSegment: (segment) => {
            this.#came[leg] = (this.#came[leg] as number) + 1;
            const part = partOf(segment, leg, this.#conversation);
            if (part) this.#tell(...analysis.say(part));
          },
        }),
    );
    this.#over = Promise.all(this.#legs.map((each, leg) => this.#follow(each, leg as LegIndex)));
  }

  /** Takes the same samples as the analysis. */
  hear(legs: readonly Int16Array[]): void {
    for (const [leg, samples] of legs.entries()) this.#legs[leg]?.hear(samples);
  }

  /** Returns the events since the last call. */
  told(): AnalysisEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Ends the legs. Resolves to the last events. */
  async end(): Promise<AnalysisEvent[]> {
    for (const leg of this.#legs) leg.end();
    await this.#over;
    return this.told();
  }

  /** Stops the transcription without waiting for more words. */
  giveUp(): void {
    this.#isGivenUp = true;
    for (const leg of this.#legs) leg.giveUp(new JackfieldError('ERR_ABORTED', 'The analysis was closed.'));
  }

  async #follow({ transcript }: LiveTranscript, leg: LegIndex): Promise<void> {
    try {
      this.#take(await transcript, leg);
    } catch (error) {
      if (this.#isGivenUp) return;
      this.#analysis.wordsFailed(leg);
      this.#tell({ type: 'transcriber-failed', leg, reason: messageOf(error) });
    }
  }

  /** Takes the segments that did not come before the end. */
  #take(transcript: Transcript, leg: LegIndex): void {
    const came = this.#came[leg] as number;
    const segments = (transcript.segments ?? []).slice(came);
    if (came > 0 && segments.length === 0) return;
    for (const part of partsOf({ ...transcript, segments }, leg, this.#conversation))
      this.#tell(...this.#analysis.say(part));
  }

  get #conversation() {
    return { sampleRate: this.#analysis.options.sampleRate, samples: this.#analysis.position };
  }

  #tell(...events: readonly AnalysisEvent[]): void {
    this.#events.push(...events);
  }
}
