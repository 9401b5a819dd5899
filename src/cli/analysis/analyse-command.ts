import { Command, Option } from 'commander';
import {
  type AnalyseFileOptions,
  AnalysisPool,
  type AnalysisReport,
  JackfieldError,
  legEnvelopes,
  type SpeechDetector,
  type Transcriber,
  transcribeFile,
  withWords,
  writeTranscript,
} from '../../analysis.js';
import { type CsvCell, csvLine } from '../../base/csv.js';
import { asError } from '../../base/errors.js';
import { SharedProgress } from '../../base/shared-progress.js';
import { readIdentity } from '../../files/key-files.js';
import {
  analyseRecordings,
  analyseSealed,
  type CatalogueEntry,
  isSealed,
  readAnalysis,
} from '../../recording.js';
import { warnFault } from '../failure.js';
import { between, numberFrom } from '../options.js';
import { withForce } from '../outputs.js';
import { progressBar } from '../progress-bar.js';
import { openFolder } from '../record/recordings-folder.js';
import { stopSignal } from '../shutdown.js';
import { printDocument, printLine, warnLine, warnNothing } from '../terminal-text.js';
import { textTable } from '../text-table.js';
import { COLUMNS, shownValue } from './analysis-rows.js';
import { type ReportedCall, ReportPages } from './report-pages.js';
import { transcriberOf, type WordsOptions, withWordsOptions } from './words-options.js';

interface Options extends WordsOptions {
  readonly archive?: string;
  readonly legs: boolean;
  readonly format: 'table' | 'json' | 'csv' | 'vtt' | 'srt' | 'text';
  readonly html?: string;
  readonly deadAir?: number;
  readonly detector?: SpeechDetector;
  readonly model?: string;
  readonly workers?: number;
  readonly again: boolean;
  readonly identity?: string;
  readonly force: boolean;
}

/** `jackfield analyse`: measures conversations in files or in an archive of recordings. */
export function analyseCommand(): Command {
  const command = new Command('analyse')
    .argument('[file...]', 'audio files with one leg in each channel')
    .option(
      '-a, --archive <folder>',
      'analyse the recordings of this folder that have no analysis yet; its catalogue keeps the results',
    )
    .option('--legs', 'read two mono files as the two legs of one call', false)
    .addOption(
      new Option('--format <format>', 'output format: figures, or (vtt, srt, text) the transcript')
        .choices(['table', 'json', 'csv', 'vtt', 'srt', 'text'])
        .default('table'),
    )
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .option('--html <folder>', 'write a page with pictures for each call into this folder')
    .option('--dead-air <seconds>', 'silence that counts as dead air', numberFrom(0.5, 600))
    .addOption(
      new Option(
        '--detector <detector>',
        'speech detector (default: levels); neural needs the package @ricky0123/vad-web',
      ).choices(['levels', 'neural']),
    )
    .option('--model <file>', 'model for the neural detector, in place of the one in the package')
    .option('--workers <n>', 'files to analyse at once; default: one for each core', between(1, 256))
    .option(
      '-i, --identity <file>',
      'age secret key for encrypted recordings; their results are printed but not stored',
    )
    .option('--again', 'with --archive: also analyse recordings that already have an analysis', false);
  return withForce(withWordsOptions(command)).action(analyse);
}

/** Settings of one run of the command. */
interface Run {
  readonly options: Options;
  readonly signal: AbortSignal;
  readonly pages: ReportPages | undefined;
  readonly transcriber: Transcriber | undefined;
  /** The key of encrypted recordings. */
  readonly identity: string | undefined;
}

async function analyse(files: string[], options: Options): Promise<void> {
  if (files.length === 0 && options.archive === undefined) {
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      'Say what to analyse: files, or --archive with a folder of recordings.',
    );
  }
  if (options.legs && files.length !== 2) {
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `--legs takes the two files of one call; got ${files.length}.`,
    );
  }
  const pages = options.html === undefined ? undefined : await ReportPages.into(options.html, options);
  if (options.format === 'csv') printCsv(['file', ...COLUMNS.map(({ name }) => name)]);
  const { transcribe } = options;
  const transcriber = transcribe === undefined ? undefined : transcriberOf(transcribe);
  await transcriber?.ready?.();
  const identity = options.identity === undefined ? undefined : await readIdentity(options.identity);
  const run = { options, signal: stopSignal(), pages, transcriber, identity };
  if (options.archive !== undefined) await analyseArchive(options.archive, run);
  if (files.length > 0) await analyseFiles(options.legs ? [files] : files.map((file) => [file]), run);
}

async function analyseFiles(inputs: readonly (readonly string[])[], run: Run): Promise<void> {
  const { signal, options, pages } = run;
  await using pool = new AnalysisPool(options.workers);
  const bar = progressBar('analyse');
  const progress = new SharedProgress<number>();
  const tell = (index: number, part: number) => {
    progress.tell(index, part);
    bar.onProgress({ position: progress.done, sampleCount: inputs.length });
  };
  const results = inputs.map(async (input, index) => {
    let envelopes: readonly Float32Array[] = [];
    const settings: AnalyseFileOptions = {
      ...settingsOf(run),
      onProgress: ({ position, sampleCount }) => tell(index, position / Math.max(1, sampleCount ?? 1)),
      ...(pages && { onEnvelopes: (found) => (envelopes = found) }),
    };
    const report = await (isSealed(input[0] ?? '')
      ? sealed(input, settings, run)
      : pool.analyse(input, settings)
    )
      .finally(() => tell(index, 1))
      .catch(asError);
    return { input, report, envelopes };
  });
  for (const result of results) {
    const { input, report, envelopes } = await result;
    bar.stop();
    signal.throwIfAborted();
    await showing(input[0] ?? '', run, async () => {
      if (report instanceof Error) throw report;
      await show(
        { input, report: isSealed(input[0] ?? '') ? report : await heard(input, report, run), envelopes },
        run,
      );
    });
  }
}

async function analyseArchive(folder: string, run: Run): Promise<void> {
  const { options, pages } = run;
  using catalogue = await openFolder(folder, '--archive');
  const failed: (readonly [file: string, error: Error])[] = [];
  const ofSealed: (readonly [CatalogueEntry, AnalysisReport])[] = [];
  const bar = progressBar('analyse');
  const count = await analyseRecordings(catalogue, {
    ...settingsOf(run),
    again: options.again,
    ...(run.transcriber && { transcriber: run.transcriber }),
    ...(options.language !== undefined && { language: options.language }),
    ...(options.workers !== undefined && { workers: options.workers }),
    onProgress: ({ done, of }) => bar.onProgress({ position: done, sampleCount: of }),
    ...(run.identity !== undefined && { identity: run.identity }),
    ...(options.keyword && { keywords: options.keyword }),
    onRecording: (entry, report, error) => {
      if (error) failed.push([entry.file, error]);
      else if (report && isSealed(entry.file)) ofSealed.push([entry, report]);
    },
  }).finally(() => bar.stop());
  for (const [file, error] of failed) warnFault(file, error);
  const all = catalogue.search({ limit: -1 });
  const entries = all.filter(({ figures }) => figures !== undefined);
  const sealedCount = all.filter(({ file }) => isSealed(file)).length;
  if (sealedCount > 0) warnLine(run.identity === undefined ? leftOut(sealedCount) : notKept(ofSealed.length));
  for (const [entry, report] of ofSealed)
    await showing(entry.file, run, async () =>
      show({ input: [await catalogue.fileOf(entry)], report, envelopes: [] }, run),
    );
  if (entries.length === 0 && ofSealed.length === 0)
    warnNothing(`${folder} has no recordings that can be analysed.`);
  const shown = new Set(ofSealed.map(([{ file }]) => file));
  for (const entry of entries.filter(({ file }) => !shown.has(file))) {
    run.signal.throwIfAborted();
    await showing(entry.file, run, async () => {
      const file = await catalogue.fileOf(entry);
      const report = readAnalysis(file, entry, { keywords: options.keyword ?? [] });
      // Calls analysed during their recording may be encrypted.
      const isDrawn = pages !== undefined && !isSealed(file);
      if (report)
        await show({ input: [file], report, envelopes: isDrawn ? await legEnvelopes(file) : [] }, run);
    });
  }
  if (options.format === 'table') printLine(`${count} analysed, ${entries.length + ofSealed.length} in all.`);
}

function leftOut(count: number): string {
  return `${count} encrypted recordings were skipped: give their key with --identity.`;
}

function notKept(count: number): string {
  return `${count} encrypted recordings were analysed. The results are not stored: keys and words would lie beside the recordings unencrypted.`;
}

/** Analyses an encrypted recording, including its words. @throws ERR_INVALID_ARG without a key. */
async function sealed(
  input: readonly string[],
  settings: AnalyseFileOptions,
  { identity, transcriber, options }: Run,
): Promise<AnalysisReport> {
  const [file = ''] = input;
  if (identity === undefined)
    throw new JackfieldError('ERR_INVALID_ARG', 'The recording is encrypted: give its key with --identity.');
  if (input.length > 1)
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      'An encrypted recording already holds both legs: leave out --legs.',
    );
  return await analyseSealed(file, identity, {
    ...settings,
    ...(transcriber && { transcriber }),
    ...(options.language !== undefined && { language: options.language }),
    ...(options.keyword && { keywords: options.keyword }),
  });
}

/** Shows a call. A failure is reported, and does not stop the others. */
async function showing(file: string, { signal }: Run, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    warnFault(file, error);
  }
}

/** Adds the words of a file to its report if there is a transcriber. */
async function heard(
  input: readonly string[],
  report: AnalysisReport,
  { transcriber, options, signal }: Run,
): Promise<AnalysisReport> {
  if (!transcriber) return report;
  const { language, keyword: keywords = [] } = options;
  const spoken = { transcriber, signal, ...(language !== undefined && { language }) };
  return withWords(report, await transcribeFile(input, spoken), { keywords });
}

function settingsOf({ signal, options }: Run) {
  const { deadAir, detector, model } = options;
  return {
    signal,
    ...(deadAir !== undefined && { deadAirMs: deadAir * 1000 }),
    ...(detector && { speechDetector: detector }),
    ...(model !== undefined && { speechModel: model }),
  };
}

async function show(call: ReportedCall, { options, pages }: Run): Promise<void> {
  const { input, report } = call;
  const [file = ''] = input;
  for (const damaged of report.damaged ?? []) warnLine(`${input[damaged.input] ?? file}: ${damaged.message}`);
  const values = COLUMNS.map((column) => ({ ...column, value: column.of(report) }));
  const { format } = options;
  if (format === 'vtt' || format === 'srt' || format === 'text') {
    const { sampleRate, said } = report;
    printDocument(writeTranscript({ schema: 'jackfield.transcript/1', sampleRate, parts: said }, format));
  } else if (options.format === 'json') printLine(JSON.stringify({ file, ...report }));
  else if (options.format === 'csv') printCsv([file, ...values.map(({ value }) => rounded(value))]);
  else {
    printLine(file);
    const rows = values
      .filter(({ name }) => report.legs.length === 2 || !name.startsWith('remote_'))
      .map(({ name, title, value }) => [`  ${title}`, shownValue(name, value)]);
    for (const line of textTable(rows, [{}, { align: 'right' }])) printLine(line);
  }
  await pages?.write(call);
}

function printCsv(cells: readonly CsvCell[]): void {
  printLine(csvLine(cells).trimEnd());
}

function rounded(value: number | string | undefined): CsvCell {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
