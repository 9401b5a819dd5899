import { readIdentity } from '../../files/key-files.js';
import { JackfieldError } from '../../voice.js';
import {
  type ExportFormat,
  exportArchive,
  rebuildArchive,
  transcribeArchive,
  VoicemailArchive,
} from '../../voicemail.js';
import { isConfirmed } from '../confirmation.js';
import { EXIT_CODES } from '../exit-codes.js';
import { faultFields, faultText, warnFault } from '../failure.js';
import { checkOutput, intoFile, type OutputOptions } from '../outputs.js';
import { Report } from '../report.js';
import { warnDamage, warnLine, warnNothing } from '../terminal-text.js';
import { type ArchiveOptions, engineOf, type FilterOptions, queryOf } from './voicemail-options.js';
import { barFor, messageLine } from './voicemail-report.js';

const DAMAGED = 'These rows are skipped: `jackfield voicemail index` rebuilds them from the sidecars.';

/** Prints messages about damaged rows. */
export function warnDamagedRows(archive: VoicemailArchive): void {
  warnDamage(archive.catalogue.damaged(), DAMAGED);
}

export async function findMessages(
  words: readonly string[],
  options: ArchiveOptions & FilterOptions,
): Promise<void> {
  const report = new Report(options.json);
  await using archive = await openArchive(options);
  const found = [...archive.find(queryOf(words, options))];
  if (found.length === 0) warnNothing(`No matching messages in ${options.in}.`);
  for (const message of found) {
    const { key, state, failure, complete, hold, tags } = message;
    const how = [
      state === 'stored' && !complete ? 'incomplete' : state,
      ...(failure ? [`(${failure})`] : []),
      ...(hold === undefined ? [] : [`held: ${hold}`]),
      ...tags.map((tag) => `[${tag}]`),
    ].join(' ');
    report.line(message, `#${key}  ${messageLine(message)}  ${how}`);
  }
}

export async function exportMessages(
  output: string,
  words: readonly string[],
  options: ArchiveOptions & FilterOptions & OutputOptions & { readonly format: ExportFormat },
): Promise<void> {
  const { format } = options;
  await checkOutput(output, options);
  await using archive = await openArchive(options);
  const query = { ...queryOf(words, options), state: 'stored' } as const;
  const total = archive.catalogue.count(query);
  if (total === 0) return warnNothing(`No matching messages in ${options.in}: nothing is written.`);
  const bar = barFor('Exporting', options.json);
  let done = 0;
  try {
    const onMessage = () => bar.onProgress({ position: ++done, sampleCount: total });
    const messages = await intoFile(output, options, (part) =>
      exportArchive(archive, { format, output: part, query, onMessage }),
    );
    new Report(options.json).line({ file: output, format, messages }, `${output}: ${messages} messages.`);
  } finally {
    bar.stop();
  }
}

export async function verifyArchive(options: ArchiveOptions & { readonly identity?: string }): Promise<void> {
  const report = new Report(options.json);
  await using archive = await openArchive(options);
  const total = archive.catalogue.count();
  if (total === 0) warnNothing(`No messages in ${options.in}: only the folder was checked.`);
  const bar = barFor('Verifying', options.json);
  let done = 0;
  try {
    const onMessage = () => bar.onProgress({ position: ++done, sampleCount: total });
    const result = await archive.verify({}, { onMessage });
    bar.stop();
    const { checked, unstored, faults } = result;
    report.line(result, `${checked} checked, ${unstored} not stored, ${faults.length} faults.`);
    for (const { kind, path, detail } of faults) report.text(`${kind}: ${path}: ${detail}`);
    if (faults.length > 0) process.exitCode = EXIT_CODES.faulty;
  } finally {
    bar.stop();
  }
}

export async function transcribeMessages(
  engine: readonly string[],
  options: ArchiveOptions & { readonly identity?: string },
): Promise<void> {
  const report = new Report(options.json);
  await using archive = await openArchive(options);
  const transcriber = engineOf(engine);
  if (!transcriber) return;
  const total = archive.catalogue.count({ state: 'stored' });
  const bar = barFor('Transcribing', options.json);
  let done = 0;
  try {
    const count = await transcribeArchive(archive, {
      transcriber,
      onMessage(message, error) {
        const { key, transcript } = message;
        if (error) process.exitCode = EXIT_CODES.faulty;
        bar.onProgress({ position: ++done, sampleCount: total });
        report.progress(
          error ? { key, ...faultFields(error) } : { key, transcript },
          `#${key}  ${error ? `failed: ${faultText(error)}` : transcript}`,
        );
      },
    });
    bar.stop();
    report.line({ transcribed: count }, `${count} transcribed.`);
  } finally {
    bar.stop();
  }
}

export async function tagMessages(
  key: number,
  tags: readonly string[],
  options: ArchiveOptions,
): Promise<void> {
  await using archive = await openArchive(options);
  await archive.setTags(key, tags);
  const message = archive.catalogue.message(key);
  new Report(options.json).line(message, `#${key}  ${message.tags.join(', ') || 'no tags'}`);
}

export async function holdMessages(
  keys: readonly number[],
  options: ArchiveOptions & { readonly reason: string; readonly release?: boolean },
): Promise<void> {
  const report = new Report(options.json);
  await using archive = await openArchive(options);
  for (const key of keys) {
    await archive.setHold(key, options.release ? undefined : options.reason);
    const message = archive.catalogue.message(key);
    report.line(message, `#${key}  ${message.hold === undefined ? 'not held' : `held: ${message.hold}`}`);
  }
}

export async function indexMessages(options: ArchiveOptions): Promise<void> {
  const { messages, failed, damaged } = await rebuildArchive(options.in);
  if (damaged !== undefined) {
    warnLine(
      `The catalogue was damaged, and was moved to ${damaged}. Entries for messages that were not stored or were purged`,
    );
    warnLine('existed only there: such messages are fetched again if the endpoint still has them.');
  }
  for (const [path, error] of failed) warnFault(path, error);
  new Report(options.json).line({ messages, failed: failed.size, damaged }, `${messages} messages`);
}

export async function purgeMessages(
  options: ArchiveOptions & {
    readonly maxAge?: number;
    readonly maxBytes?: number;
    readonly dryRun?: boolean;
    readonly yes: boolean;
  },
): Promise<void> {
  const report = new Report(options.json);
  const { maxAge, maxBytes, dryRun = false, yes } = options;
  if (maxAge === undefined && maxBytes === undefined) {
    throw new JackfieldError('ERR_INVALID_ARG', 'Give what to remove: --max-age, --max-bytes, or both.');
  }
  await using archive = await openArchive(options);
  const criteria = {
    ...(maxAge !== undefined && { maxAgeDays: maxAge }),
    ...(maxBytes !== undefined && { maxBytes }),
  };
  const purgeable = await archive.purge({ ...criteria, dryRun: true });
  const { length: count } = purgeable;
  for (const message of purgeable) report.line(message, `#${message.key}  ${messageLine(message)}`);
  const isSure = !dryRun && (await isConfirmed(`Remove ${count} messages?`, { yes, count }));
  const removed = isSure ? await archive.purge({ ...criteria, dryRun: false }) : [];
  const nothing =
    count === 0 ? 'There is nothing to remove.' : `${count} would be removed: give --yes to remove them.`;
  report.text(isSure ? `${removed.length} removed.` : nothing);
}

/** Opens an existing archive, and prints messages about damaged rows. */
async function openArchive(
  options: ArchiveOptions & { readonly identity?: string },
): Promise<VoicemailArchive> {
  const { identity } = options;
  const archive = await VoicemailArchive.open(options.in, {
    existing: true,
    ...(identity !== undefined && { identity: await readIdentity(identity) }),
  });
  warnDamagedRows(archive);
  return archive;
}
