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
  /** Recordings to analyse. Default: all. */
  readonly query?: CatalogueQuery;
  /** True to analyse those again that have an analysis. Default false: they are left out. */
  readonly again?: boolean;
  /** Silence that counts as dead air, in ms: 500 to 600,000. Default 5000. */
  readonly deadAirMs?: number;
  /** Detector of speech, as `analyse` has it. Default `levels`. */
  readonly speechDetector?: SpeechDetector;
  /** Path of the model of the neural detector. Default: that of an installed package. */
  readonly speechModel?: string;
  /** Engine that transcribes what has no transcript yet. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language that was spoken, BCP 47. */
  readonly language?: string;
  /** Words and phrases for the alerts of the reports that `onRecording` is told. Default: none. */
  readonly keywords?: readonly Keyword[];
  /**
   * The age secret key of encrypted recordings. They are analysed, and nothing of it is kept: it would lie in the clear what
   * was pressed and said. Default: they are left out.
   */
  readonly identity?: string;
  /** Files that are analysed at once: 1 to 256. Default: as many as there are cores. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Told how many of the recordings are done, parts of those under way included. */
  readonly onProgress?: (progress: { readonly done: number; readonly of: number }) => void;
  /** Told of each recording that was tried; `report` is undefined when it failed. */
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
 * Analyses the recordings of a catalogue, several at once, with what their ledgers say. Each analysis is put beside its
 * recording, and its figures into the catalogue, which can then be searched by them. A run that was stopped goes on
 * where it was: recordings that have an analysis, and with a transcriber a transcript as well, are left out. Encrypted
 * recordings are analysed where their key is given, and the report is given to `onRecording` alone. Resolves to how many
 * were analysed.
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
  // One more than there are workers is read ahead; all at once would open every file of the archive.
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
  /** @param part Of the recording, 0 to 1. */
  readonly onPart: (part: number) => void;
}

/** Analyses one recording, unless it has been, and transcribes it where that is asked for; both are kept. */
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

/** Analyses an encrypted recording, which is decrypted in memory. */
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

/** Everything that an analysis is told of a recording, and how it is measured. */
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
