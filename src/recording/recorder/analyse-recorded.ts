import type { CallAnalysisOptions } from '../../analysis/analyse-options.js';
import type { AnalysisEvent } from '../../analysis/analysis-event.js';
import type { AnalysisReport } from '../../analysis/analysis-report.js';
import type { Clock } from '../../base/time/clock.js';
import type { CallRecording } from '../call-recording.js';

/** Figures of a call that was analysed while it was recorded. */
export interface AnalysedCall {
  readonly report: AnalysisReport;
  /** Samples of each leg that the analysis could not keep up with. The recording has them. */
  readonly dropped: number;
}

/** Loaded only where calls are analysed, and before the first one. */
let loaded: Pick<typeof import('../../analysis/running-analysis.js'), 'runAnalysis'> | undefined;

/** Loads what {@link analyseRecorded} needs. @throws ERR_TOOL, ERR_FILE, ERR_UNSUPPORTED for a neural detector without its model. */
export async function loadAnalysis(analyse: boolean | CallAnalysisOptions): Promise<void> {
  loaded ??= await import('../../analysis/running-analysis.js');
  if (analyse === true || analyse === false || analyse.speechDetector !== 'neural') return;
  const { loadNetwork } = await import('../../analysis/neural/neural-model.js');
  loadNetwork(analyse.speechModel);
}

/**
 * Analyses a call while it is recorded. The recording never waits for it: what the analysis cannot keep up with is
 * dropped, and counted. Resolves to its figures when the recording has ended; to nothing where none is wanted.
 *
 * @param analyse As `RecorderOptions` has it.
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
