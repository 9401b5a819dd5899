import { availableParallelism } from 'node:os';
import { CALL_ANALYSIS_RULES } from '../../analysis/analyse-options.js';
import type { AnalysisReport } from '../../analysis/analysis-report.js';
import type { SpeechDetector } from '../../analysis/conversation-options.js';
import { analyseLegs } from '../../analysis/files/analyse-file.js';
import { AnalysisPool } from '../../analysis/files/analysis-pool.js';
import { TRANSCRIBE_FILE, transcribeFile, transcribeLegs } from '../../analysis/files/transcribe-file.js';
import { KEYWORDS, type Keyword } from '../../analysis/words/keyword-watch.js';
import { withWords } from '../../analysis/words/with-words.js';
import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  flag,
  having,
  line,
  nested,
  type Rules,
  secret,
  whole,
} from '../../base/check.js';
import { asError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { SharedProgress } from '../../base/shared-progress.js';
import type { PcmProgress } from '../../voice/pcm-input.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import { readSidecar } from '../read-details.js';
import { isSealed, recordedLegs } from '../sealed/recorded-legs.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import { readAnalysis } from './analysis-file.js';
import type { Catalogue } from './catalogue.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { CATALOGUE_QUERY, type CatalogueQuery } from './catalogue-query.js';
import { readTranscript } from './transcript-file.js';

/** Options of {@link analyseRecordings}. */
export interface AnalyseRecordingsOptions {
  /** Query for the recordings to analyse. Default: all. */
  readonly query?: CatalogueQuery;
  /** True to repeat existing analyses. Default false: recordings that have an analysis are skipped. */
  readonly again?: boolean;
  /** Silence that counts as dead air, in ms: 500 to 600,000. Default 5000. */
  readonly deadAirMs?: number;
  /** Detector of speech, as `analyse` has it. Default `levels`. */
  readonly speechDetector?: SpeechDetector;
  /** Path of the model of the neural detector. Default: that of an installed package. */
  readonly speechModel?: string;
  /** Engine that transcribes recordings without a transcript. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language of the speech, BCP 47. */
  readonly language?: string;
  /** Words and phrases that raise an alert in the reports passed to `onRecording`. Default: none. */
  readonly keywords?: readonly Keyword[];
  /**
   * Age secret key of encrypted recordings. Their reports are not stored: keys and words would be on disk unencrypted.
   * Default: encrypted recordings are skipped.
   */
  readonly identity?: string;
  /** Files analysed in parallel: 1 to 256. Default: the number of cores. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of finished recordings. Recordings in progress count as fractions. */
  readonly onProgress?: (progress: { readonly done: number; readonly of: number }) => void;
  /** Called after each attempt. `report` is undefined when it failed. */
  readonly onRecording?: (
    recording: CatalogueEntry,
    report: AnalysisReport | undefined,
    error: Error | undefined,
  ) => void;
}

const RULES: Rules<AnalyseRecordingsOptions> = {
  query: nested(CATALOGUE_QUERY),
  again: flag,
  deadAirMs: CALL_ANALYSIS_RULES.deadAirMs,
  speechDetector: CALL_ANALYSIS_RULES.speechDetector,
  speechModel: CALL_ANALYSIS_RULES.speechModel,
  transcriber: having('transcribe'),
  language: TRANSCRIBE_FILE.language,
  keywords: KEYWORDS,
  identity: secret(line(1, 10_000)),
  workers: whole(1, 256),
  signal: abortSignal,
  onProgress: callback,
  onRecording: callback,
};
const CATALOGUE = having('search', 'keepAnalysis', 'fileOf');

/**
 * Analyses the recordings of a catalogue in parallel, using their ledgers. Each analysis is written beside its
 * recording, and its figures go into the catalogue, where they can be searched. An interrupted run can be continued:
 * recordings that have an analysis (and, with a transcriber, a transcript) are skipped. Encrypted recordings are
 * analysed when their key is given; their report goes to `onRecording` only. Resolves to the number of analysed
 * recordings.
 *
 * @throws ERR_INVALID_ARG, ERR_ABORTED, ERR_FILE.
 */
export async function analyseRecordings(
  catalogue: Catalogue,
  options: AnalyseRecordingsOptions = {},
): Promise<number> {
  checkArgument('catalogue', catalogue, CATALOGUE);
  checkOptions(options, RULES);
  const { query = {}, again = false, transcriber, identity, signal, onProgress, onRecording } = options;
  const { workers = availableParallelism() } = options;
  await transcriber?.ready?.();
  const entries = catalogue
    .search({ limit: -1, ...query })
    .filter(({ file }) => identity !== undefined || !isSealed(file))
    .filter(({ figures, transcript }) => again || !figures || (transcriber && transcript === undefined));
  await using pool = new AnalysisPool(workers);
  let count = 0;
  const progress = new SharedProgress<CatalogueEntry>();
  const tell = (entry: CatalogueEntry, part: number) => {
    progress.tell(entry, part);
    observe('onProgress', onProgress, { done: progress.done, of: entries.length });
  };
  const one = async (entry: CatalogueEntry) => {
    try {
      const report = await analyseOne(entry, {
        catalogue,
        pool,
        options,
        onPart: (part) => tell(entry, part),
      });
      count++;
      observe('onRecording', onRecording, entry, report, undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      observe('onRecording', onRecording, entry, undefined, asError(error));
    }
    tell(entry, 1);
  };
  // One file more than there are workers is read ahead. Starting all at once would open every file of the archive.
  const left = entries.values();
  const lane = async () => {
    for (const entry of left) await one(entry);
  };
  await Promise.all(Array.from({ length: workers + 1 }, lane));
  signal?.throwIfAborted();
  return count;
}

interface Work {
  readonly catalogue: Catalogue;
  readonly pool: AnalysisPool;
  readonly options: AnalyseRecordingsOptions;
  /** @param part Finished part of the recording, 0 to 1. */
  readonly onPart: (part: number) => void;
}

/** Analyses one recording unless it has an analysis, transcribes it if requested, and stores both results. */
async function analyseOne(
  entry: CatalogueEntry,
  { catalogue, pool, options, onPart }: Work,
): Promise<AnalysisReport> {
  const { again = false, transcriber, language, keywords = [], signal } = options;
  const file = await catalogue.fileOf(entry);
  const sidecar = await readSidecar(beside(file, '.json'));
  const heard = { maskings: sidecar.maskings?.length ?? 0 };
  if (isSealed(file)) return await analyseInMemory(file, sidecar, options, onPart);
  const known = again ? undefined : readAnalysis(file, entry);
  const measured = known ?? (await pool.analyse(file, measuring(sidecar, options, onPart)));
  if (!known) await catalogue.keepAnalysis(entry, measured, heard);
  if (transcriber && (again || entry.transcript === undefined)) {
    const spoken = { ...(language !== undefined && { language }), ...(signal && { signal }) };
    await catalogue.keepTranscript(entry, await transcribeFile(file, { ...spoken, transcriber }), heard);
  }
  return withWords(measured, readTranscript(file, entry), { keywords });
}

/** Analyses an encrypted recording, decrypting it in memory. */
async function analyseInMemory(
  file: string,
  sidecar: RecordingSidecar,
  options: AnalyseRecordingsOptions,
  onPart: Work['onPart'],
): Promise<AnalysisReport> {
  const { identity, transcriber, language, keywords = [], signal } = options;
  const legs = recordedLegs(file, sidecar.audio, identity);
  const measured = await analyseLegs(legs, measuring(sidecar, options, onPart));
  if (!transcriber) return measured;
  const spoken = { transcriber, ...(language !== undefined && { language }), ...(signal && { signal }) };
  return withWords(measured, await transcribeLegs(legs, spoken), { keywords });
}

/** Options and facts of a recording for its analysis. */
function measuring(
  { legs }: Pick<RecordingSidecar, 'legs'>,
  { deadAirMs, speechDetector, speechModel, signal }: AnalyseRecordingsOptions,
  onPart: Work['onPart'],
) {
  return {
    ledgers: [legs.local.ledger.spans, legs.remote.ledger.spans],
    qualities: [legs.local.quality, legs.remote.quality],
    ...(deadAirMs !== undefined && { deadAirMs }),
    ...(speechDetector && { speechDetector }),
    ...(speechModel !== undefined && { speechModel }),
    ...(signal && { signal }),
    onProgress: ({ position, sampleCount }: PcmProgress) => onPart(position / Math.max(1, sampleCount ?? 1)),
  };
}
