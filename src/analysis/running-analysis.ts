import { callback, checkArgument } from '../base/check.js';
import { observe } from '../base/listener/observe.js';
import type { LegPair } from '../stream/align/leg-tap.js';
import type { SinkStats } from '../stream/sink.js';
import { analyse, type HasLegs, type LiveAnalysis } from './analyse.js';
import type { AnalyseOptions } from './analyse-options.js';
import type { AnalysisEvent } from './analysis-event.js';
import type { AnalysisReport } from './analysis-report.js';

/** A live analysis that goes on by itself, for what asks it now and then, or is told. Made by {@link runAnalysis}. */
export interface RunningAnalysis {
  /** Time that has passed since anything was heard of anybody, in ms, as `ConversationAnalysis` has it. */
  readonly silentMs: number;
  /** Samples of each leg that were heard, and those that were dropped because the analysis could not keep up. */
  readonly stats: SinkStats;
  /** Resolves to the figures when the legs have ended, and when it was stopped. */
  readonly finished: Promise<AnalysisReport>;
  /** The figures so far. */
  report(): AnalysisReport;
  /** Tells `listener` of each event from now on; returns what stops that. What it throws becomes a warning. */
  onEvent(listener: (event: AnalysisEvent) => void): () => void;
  /** Ends it before the legs do. */
  stop(): Promise<void>;
}

/**
 * Analyses a call while it goes on, as {@link analyse} does, whether anybody reads its events or not.
 *
 * @throws as {@link analyse}.
 */
export function runAnalysis(source: HasLegs | LegPair, options: AnalyseOptions = {}): RunningAnalysis {
  return new Run(analyse(source, options));
}

class Run implements RunningAnalysis {
  readonly finished: Promise<AnalysisReport>;
  readonly #live: LiveAnalysis;
  readonly #listeners = new Set<(event: AnalysisEvent) => void>();

  constructor(live: LiveAnalysis) {
    this.#live = live;
    this.finished = this.#run();
  }

  get silentMs(): number {
    return this.#live.silentMs;
  }

  get stats(): SinkStats {
    return this.#live.stats;
  }

  report(): AnalysisReport {
    return this.#live.report();
  }

  onEvent(listener: (event: AnalysisEvent) => void): () => void {
    checkArgument('listener', listener, callback);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    await this.#live.return?.();
  }

  async #run(): Promise<AnalysisReport> {
    try {
      for await (const event of this.#live)
        for (const listener of this.#listeners) observe('onEvent', listener, event);
    } catch {
      // A stream that fails, or a signal, ends it: what was heard until then has figures.
    }
    return this.#live.report();
  }
}
