import type { AnalysisReport, Figure } from '../../analysis/analysis-report.js';
import { WORD_OPTIONS, type WordOptions, withWords } from '../../analysis/words/with-words.js';
import { path as aPath, checkArgument, checkOptions, object } from '../../base/check.js';
import { beside } from '../sidecar.js';
import type { AnnotatedRecording } from './annotation-file.js';
import { readOwnFile, writeOwnFile } from './own-file.js';
import { readTranscript } from './transcript-file.js';

/** Searchable figures of a recording. A figure that cannot be computed is absent. */
export interface CallFigures {
  /** Total of silences of both legs of five seconds or more, without hold, mask, missing audio, music and tones. */
  readonly deadAirMs: number;
  readonly longestDeadAirMs: number;
  readonly silenceRatio: number;
  readonly overlapMs?: number;
  /** Share of the local leg in the speech, 0 to 1. */
  readonly localTalkRatio?: number;
  readonly interruptionsByLocal?: number;
  readonly interruptionsByRemote?: number;
  /** Median of the local leg's response times. */
  readonly localResponseMs?: number;
}

/** Path of the analysis of a recording. */
export function analysisFile(audioFile: string): string {
  return beside(audioFile, '.analysis.json');
}

/**
 * Writes an analysis beside its recording, replacing an earlier one. Words are left to the transcript.
 *
 * @throws ERR_FILE
 */
export async function writeAnalysis(
  audioFile: string,
  recording: AnnotatedRecording,
  report: AnalysisReport,
): Promise<void> {
  await writeOwnFile(analysisFile(audioFile), recording, withWords(report, undefined));
}

/**
 * Reads the analysis of a recording and adds the words of its transcript. Returns undefined when there is no analysis,
 * or when it belongs to another recording.
 *
 * @throws ERR_INVALID_ARG, ERR_FILE
 */
export function readAnalysis(
  audioFile: string,
  recording: AnnotatedRecording,
  options: WordOptions = {},
): AnalysisReport | undefined {
  checkArgument('audioFile', audioFile, aPath);
  checkArgument('recording', recording, object);
  checkOptions(options, WORD_OPTIONS);
  return readReport(audioFile, recording, (report) =>
    withWords(report, readTranscript(audioFile, recording), options),
  );
}

/**
 * Reads the figures of an analysis, without the transcript. Returns undefined as {@link readAnalysis} does.
 *
 * @throws ERR_FILE
 */
export function readFigures(audioFile: string, recording: AnnotatedRecording): CallFigures | undefined {
  return readReport(audioFile, recording, figuresOf);
}

function readReport<Taken>(
  audioFile: string,
  recording: AnnotatedRecording,
  take: (report: AnalysisReport) => Taken,
): Taken | undefined {
  return readOwnFile(analysisFile(audioFile), recording, (report: AnalysisReport) => {
    if (report.schema !== 'jackfield.analysis/1' || !Array.isArray(report.legs)) return undefined;
    return Object.values(figuresOf(report)).every(Number.isFinite) ? take(report) : undefined;
  });
}

function figuresOf({ talk, legs }: AnalysisReport): CallFigures {
  const { deadAirMs, longestDeadAirMs, silenceRatio, overlapMs } = talk;
  const [local, remote] = legs;
  return {
    ...{ deadAirMs, longestDeadAirMs, silenceRatio },
    ...known('overlapMs', overlapMs),
    ...known('localTalkRatio', local?.talkRatio),
    ...known('interruptionsByLocal', local?.interruptionsMade),
    ...known('interruptionsByRemote', remote?.interruptionsMade),
    ...(local && 'median' in local.responseMs && { localResponseMs: local.responseMs.median }),
  };
}

function known<Name extends string>(name: Name, figure: Figure | undefined): Partial<Record<Name, number>> {
  return (typeof figure === 'number' ? { [name]: figure } : {}) as Partial<Record<Name, number>>;
}
