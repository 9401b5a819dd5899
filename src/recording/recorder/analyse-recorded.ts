import type { CallAnalysisOptions } from '../../analysis/analyse-options.js';
import type { AnalysisEvent } from '../../analysis/analysis-event.js';
import type { AnalysisReport } from '../../analysis/analysis-report.js';
import type { Clock } from '../../base/time/clock.js';
import type { CallRecording } from '../call-recording.js';

/** Figures of a call that was analysed while it was recorded. */
export interface AnalysedCall {
  readonly report: AnalysisReport;
  /** Samples of each leg that the analysis has dropped because it was too slow. The recording has them. */
  readonly dropped: number;
}

/** Loaded before the first call, and only when calls are analysed. */
let loaded: Pick<typeof import('../../analysis/running-analysis.js'), 'runAnalysis'> | undefined;

/**
 * Loads the modules for {@link analyseRecorded}.
 *
 * @throws ERR_TOOL, ERR_FILE, ERR_UNSUPPORTED for a neural detector without its model.
 */
export async function loadAnalysis(analyse: boolean | CallAnalysisOptions): Promise<void> {
  loaded ??= await import('../../analysis/running-analysis.js');
  if (analyse === true || analyse === false || analyse.speechDetector !== 'neural') return;
  const { loadNetwork } = await import('../../analysis/neural/neural-model.js');
  loadNetwork(analyse.speechModel);
}

/**
 * Analyses a call during its recording. The recording never waits: samples that the analysis cannot keep up with are
 * dropped and counted. Resolves to the figures at the end of the recording; to undefined when no analysis is requested.
 *
 * @param analyse Value of `RecorderOptions.analyse`.
 */
export async function analyseRecorded(
  recording: CallRecording,
  analyse: boolean | CallAnalysisOptions | undefined,
  clock: Clock,
  heard: (event: AnalysisEvent) => void,
): Promise<AnalysedCall | undefined> {
  if (!analyse || !loaded) return undefined;
  const settings = analyse === true ? {} : analyse;
  const analysis = loaded.runAnalysis(recording, { ...settings, clock });
  analysis.onEvent(heard);
  const report = await analysis.finished;
  return { report, dropped: analysis.stats.dropped };
}
