import { callback, checkArgument } from '../base/check.js';
import { observe } from '../base/listener/observe.js';
import type { LegPair } from '../stream/align/leg-tap.js';
import type { SinkStats } from '../stream/sink.js';
import { analyse, type HasLegs, type LiveAnalysis } from './analyse.js';
import type { AnalyseOptions } from './analyse-options.js';
import type { AnalysisEvent } from './analysis-event.js';
import type { AnalysisReport } from './analysis-report.js';

/**
 * Live analysis that runs by itself. It can be asked for its figures at any time, and tells its events to listeners.
 * Made by {@link runAnalysis}.
 */
export interface RunningAnalysis {
  /** Milliseconds since the last sound on either leg, as in `ConversationAnalysis`. */
  readonly silentMs: number;
  /** Samples of each leg: those that were analysed, and those that were dropped because the analysis was too slow. */
  readonly stats: SinkStats;
  /** Resolves to the figures when the legs have ended or the analysis was stopped. */
  readonly finished: Promise<AnalysisReport>;
  /** Returns the figures so far. */
  report(): AnalysisReport;
  /**
   * Calls `listener` with each event from now on. Returns a function that removes the listener. An error that the
   * listener throws becomes a warning.
   */
  onEvent(listener: (event: AnalysisEvent) => void): () => void;
  /** Ends the analysis before the legs end. */
  stop(): Promise<void>;
}

/**
 * Analyses a call while it goes on, as {@link analyse} does, even when nobody reads its events.
 *
 * @throws the errors of {@link analyse}.
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
      // A stream that fails, or a signal, ends the analysis. The report has the figures up to there.
    }
    return this.#live.report();
  }
}
