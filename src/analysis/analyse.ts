import { checkArgument, checkOptions, having, object } from '../base/check.js';
import type { LineQuality } from '../base/line-quality.js';
import { type LegChunk, type LegPair, type LegTap, tapLegs } from '../stream/align/leg-tap.js';
import type { SinkStats } from '../stream/sink.js';
import { ANALYSE_RULES, type AnalyseOptions } from './analyse-options.js';
import type { AnalysisEvent } from './analysis-event.js';
import type { AnalysisReport } from './analysis-report.js';
import { ConversationAnalysis } from './conversation-analysis.js';
import type { LegIndex } from './turns/turn-events.js';
import { LiveWords } from './words/live-words.js';

/**
 * Source whose legs can be heard: a `CallRecording`, a `CallVoice`, or anything else that has both legs side by side.
 */
export interface HasLegs {
  /** Returns the quality of the line of a leg; undefined when nothing is known of its packets. */
  quality?(leg: 'local' | 'remote'): LineQuality | undefined;
  legs(options?: { readonly maxBufferedMs?: number; readonly signal?: AbortSignal }): LegTap;
}

const SOURCE = having('legs');
/** Analysis of a conversation that goes on. It iterates over the events, for `for await`; leaving the loop ends it. */
export interface LiveAnalysis extends AsyncIterableIterator<AnalysisEvent> {
  /** Returns the figures so far; final once the loop has ended. */
  report(): AnalysisReport;
  /** Milliseconds since the last sound on either leg, as in `ConversationAnalysis`. */
  readonly silentMs: number;
  /** Samples of each leg: those that were analysed, and those that were dropped because the analysis was too slow. */
  readonly stats: SinkStats;
}

/**
 * Analyses a call while it goes on: a recording, the voice of a call, or a pair of streams of 16 kHz mono. It reads a
 * tap, so it never holds up the call or its recording. Audio that it cannot keep up with is dropped and counted, and is
 * missing audio in the report. Events come some 300 ms after the sound, plus the delay of the tap. The samples of a
 * recording are those that are written to its file, so the figures are those of the file. A transcriber gets each leg
 * at the same time. When it fails or falls a minute behind, an event tells so, its words end, and the analysis goes on.
 *
 * ```ts
 * const analysis = analyse(recording);
 * for await (const event of analysis) if (event.type === 'dead-air-began') warn();
 * console.log(analysis.report().talk.interruptions);
 * ```
 *
 * @throws ERR_INVALID_ARG; ERR_INVALID_STATE for a source that has ended.
 */
export function analyse(source: HasLegs | LegPair, options: AnalyseOptions = {}): LiveAnalysis {
  checkArgument('source', source, object);
  checkOptions(options, ANALYSE_RULES);
  const { clock, maxBufferedMs = 5000, transcriber, signal, ...thresholds } = options;
  const tapOptions = { maxBufferedMs, ...(signal && { signal }) };
  const tap = SOURCE.accepts(source)
    ? (source as HasLegs).legs(tapOptions)
    : tapLegs(source as LegPair, { ...tapOptions, ...(clock && { clock }) });
  const analysis = new ConversationAnalysis(thresholds);
  const { language } = options;
  const spoken = { ...(language !== undefined && { language }), ...(signal && { signal }) };
  const words = transcriber && new LiveWords(analysis, transcriber, spoken);
  return new TapAnalysis(tap, analysis, words, SOURCE.accepts(source) ? (source as HasLegs) : undefined);
}

class TapAnalysis implements LiveAnalysis {
  readonly #tap: LegTap;
  readonly #analysis: ConversationAnalysis;
  readonly #words: LiveWords | undefined;
  readonly #source: HasLegs | undefined;
  readonly #events: AnalysisEvent[] = [];
  /** Position of the source at which the analysis began. */
  #base: number | undefined;
  #isOver = false;

  constructor(
    tap: LegTap,
    analysis: ConversationAnalysis,
    words: LiveWords | undefined,
    source: HasLegs | undefined,
  ) {
    this.#tap = tap;
    this.#source = source;
    this.#analysis = analysis;
    this.#words = words;
  }

  get stats(): SinkStats {
    return this.#tap.stats;
  }

  get silentMs(): number {
    return this.#analysis.silentMs;
  }

  report(): AnalysisReport {
    for (const [leg, name] of (['local', 'remote'] as const).entries()) {
      const quality = this.#source?.quality?.(name);
      if (quality) this.#analysis.noteQuality(leg as LegIndex, quality);
    }
    return this.#analysis.report();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<AnalysisEvent, undefined>> {
    for (;;) {
      const event = this.#events.shift();
      if (event) return { done: false, value: event };
      if (this.#isOver) return { done: true, value: undefined };
      let chunk: IteratorResult<LegChunk, undefined>;
      try {
        chunk = await this.#tap.next();
      } catch (error) {
        this.#words?.giveUp();
        throw error;
      }
      if (chunk.done) await this.#finish();
      else this.#hear(chunk.value);
    }
  }

  async return(): Promise<IteratorResult<AnalysisEvent, undefined>> {
    this.#words?.giveUp();
    this.#end();
    this.#events.length = 0;
    await this.#tap.return?.();
    return { done: true, value: undefined };
  }

  #hear({ position, local, remote }: LegChunk): void {
    this.#base ??= position;
    const from = this.#analysis.position;
    const missed = position - this.#base - from;
    if (missed > 0) {
      for (const leg of [0, 1] as const)
        this.#analysis.note(leg, { from, samples: missed, kind: 'missing', reason: 'dropped' });
      const silence = new Int16Array(missed);
      this.#take([silence, silence]);
    }
    this.#take([local, remote]);
  }

  #take(legs: readonly Int16Array[]): void {
    this.#words?.hear(legs);
    const events = this.#analysis.push(legs);
    if (events.length > 0) this.#events.push(...events);
    if (this.#words) this.#events.push(...this.#words.told());
  }

  /** Ends the analysis. The last words come after the last sample. */
  async #finish(): Promise<void> {
    this.#end();
    if (this.#words) this.#events.push(...(await this.#words.end()));
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.push(...this.#analysis.end());
  }
}
