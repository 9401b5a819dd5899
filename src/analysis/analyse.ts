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

/** Something whose legs can be heard: a `CallRecording`, a `CallVoice`, and what else has both legs side by side. */
export interface HasLegs {
  /** Quality of the line of a leg, where packets tell it. */
  quality?(leg: 'local' | 'remote'): LineQuality | undefined;
  legs(options?: { readonly maxBufferedMs?: number; readonly signal?: AbortSignal }): LegTap;
}

const SOURCE = having('legs');
/** A conversation that is analysed while it goes on: its events, for `for await`. Leaving the loop ends it. */
export interface LiveAnalysis extends AsyncIterableIterator<AnalysisEvent> {
  /** The figures so far; final once the loop has ended. */
  report(): AnalysisReport;
  /** Time that has passed since anything was heard of anybody, in ms, as `ConversationAnalysis` has it. */
  readonly silentMs: number;
  /** Samples of each leg that were heard, and those that were dropped because the analysis could not keep up. */
  readonly stats: SinkStats;
}

/**
 * Analyses a call while it goes on: a recording or the voice of a call, or a pair of streams of 16 kHz mono. It reads a
 * tap: what it cannot keep up with is dropped and counted, never holds the call or its recording up, and is missing audio
 * in the report. Events come some 300 ms after what they tell of, besides the delay of the tap. A recording gives it the
 * samples that it writes, so the figures are those of its file. A transcriber hears each leg beside it: one that fails, or
 * falls a minute behind, is told of and given up, and the rest goes on.
 *
 * ```ts
 * const analysis = analyse(recording);
 * for await (const event of analysis) if (event.type === 'dead-air-began') warn();
 * console.log(analysis.report().talk.interruptions);
 * ```
 *
 * @throws ERR_INVALID_ARG; ERR_INVALID_STATE for a source that is over.
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
  /** Position of the source at which it began. */
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
      const { done, value } = await this.#tap.next().catch((error: unknown) => {
        this.#words?.giveUp();
        throw error;
      });
      if (done) await this.#finish();
      else this.#hear(value);
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
    this.#events.push(...this.#analysis.push(legs), ...(this.#words?.told() ?? []));
  }

  /** The last words come after the last sample. */
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
