import {
  commandTranscriber,
  type ExportFormat,
  exportArchive,
  transcribeArchive,
  VoicemailArchive,
} from '../index.js';
import { progressBar } from './progress-bar.js';
import { messageLine, Report } from './voicemail-report.js';

interface OfflineOptions {
  readonly in: string;
  readonly json?: boolean;
}

export async function findMessages(
  words: readonly string[],
  options: OfflineOptions & { readonly partner?: string; readonly since?: number; readonly until?: number },
): Promise<void> {
  const report = new Report(options.json);
  const { partner, since, until } = options;
  await using archive = await VoicemailArchive.open(options.in);
  const query = {
    ...(words.length > 0 && { text: words.join(' ') }),
    ...(partner !== undefined && { partner }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
  for (const message of archive.find(query)) {
    const { key, state, failure, complete } = message;
    const how = state === 'stored' && !complete ? 'incomplete' : state;
    report.line(message, `#${key}  ${messageLine(message)}  ${how}${failure ? ` (${failure})` : ''}`);
  }
}

export async function exportMessages(
  output: string,
  options: OfflineOptions & { readonly format: ExportFormat },
): Promise<void> {
  const { format } = options;
  await using archive = await VoicemailArchive.open(options.in);
  const total = archive.catalogue.count({ state: 'stored' });
  const bar = progressBar('Exporting');
  let done = 0;
  try {
    const onMessage = () => bar.onProgress({ position: ++done, sampleCount: total });
    const messages = await exportArchive(archive, { format, output, onMessage });
    new Report(options.json).line({ file: output, format, messages }, `${output}: ${messages} messages.`);
  } finally {
    bar.stop();
  }
}

export async function verifyArchive(options: OfflineOptions): Promise<void> {
  const report = new Report(options.json);
  await using archive = await VoicemailArchive.open(options.in);
  const total = archive.catalogue.count();
  const bar = progressBar('Verifying');
  let done = 0;
  try {
    const result = await archive.verify(
      {},
      { onMessage: () => bar.onProgress({ position: ++done, sampleCount: total }) },
    );
    const { checked, unstored, faults } = result;
    report.line(result, `${checked} checked, ${unstored} not stored, ${faults.length} faults.`);
    for (const { kind, path, detail } of faults) report.text(`${kind}: ${path}: ${detail}`);
    if (faults.length > 0) process.exitCode = 2;
  } finally {
    bar.stop();
  }
}

export async function transcribeMessages(
  command: string,
  args: readonly string[],
  options: OfflineOptions,
): Promise<void> {
  const report = new Report(options.json);
  await using archive = await VoicemailArchive.open(options.in);
  const count = await transcribeArchive(archive, {
    transcriber: commandTranscriber({ command, args }),
    onMessage(message, error) {
      const { key, transcript } = message;
      if (error) process.exitCode = 2;
      report.progress(
        error ? { key, error: error.message } : { key, transcript },
        `#${key}  ${error ? `failed: ${error.message}` : transcript}`,
      );
    },
  });
  report.line({ transcribed: count }, `${count} transcribed.`);
}

export async function purgeMessages(
  options: OfflineOptions & {
    readonly maxAge?: number;
    readonly maxBytes?: number;
    readonly dryRun?: boolean;
  },
): Promise<void> {
  const report = new Report(options.json);
  const { maxAge, maxBytes, dryRun } = options;
  await using archive = await VoicemailArchive.open(options.in);
  const removed = await archive.purge({
    ...(maxAge !== undefined && { maxAgeDays: maxAge }),
    ...(maxBytes !== undefined && { maxBytes }),
    dryRun: dryRun === true,
  });
  for (const message of removed) report.line(message, `#${message.key}  ${messageLine(message)}`);
  report.text(`${removed.length} ${dryRun ? 'would be removed' : 'removed'}.`);
}
