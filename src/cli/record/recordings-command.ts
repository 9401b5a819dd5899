import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { TRANSCRIPT_FORMATS, type TranscriptFormat, writeTranscript } from '../../analysis.js';
import { STEREO } from '../../base/pcm.js';
import { readIdentity, readText } from '../../files/key-files.js';
import {
  Catalogue,
  type CatalogueEntry,
  type CatalogueQuery,
  listOutbox,
  readTranscript,
  resumeMasking,
  retryEvent,
  transcribeRecordings,
  vconOf,
} from '../../recording.js';
import { commandTranscriber, JackfieldError, openSpeaker, WavReader } from '../../voice.js';
import { isConfirmed } from '../confirmation.js';
import { between, dateOption, MAX_DAYS, MAX_SECONDS, numberFrom } from '../options.js';
import { withForce } from '../outputs.js';
import { printDocument, printedTime, printLine, warnFault, warnLine, warnNothing } from '../terminal-text.js';
import { type TableColumn, textTable } from '../text-table.js';
import { type ExportOptions, exportFile, plannedExport } from './recordings-export.js';
import { checkFolder, openFolder } from './recordings-folder.js';
import { withMaskOptions } from './recordings-mask.js';
import { sealed, verifyEntries } from './verify-command.js';

interface FolderOptions {
  readonly out: string;
  readonly json: boolean;
}

interface PlayOptions extends FolderOptions {
  readonly identity?: string;
  readonly device?: string;
}

interface SearchOptions extends FolderOptions {
  readonly since?: Date;
  readonly until?: Date;
  readonly partner?: string;
  readonly minSeconds?: number;
  readonly maxSeconds?: number;
  readonly text?: string;
  readonly said?: string;
  readonly saidBy?: 'local' | 'remote';
  readonly saidWithin?: number;
  readonly minDeadAir?: number;
  readonly interruptedBy?: 'local' | 'remote';
  readonly limit: number;
}

/** `jackfield recordings`: what is in a folder of recordings. */
export function recordingsCommand(): Command {
  const command = new Command('recordings');
  const add = (definition: string, description: string) =>
    command
      .command(definition)
      .description(description)
      .option('-o, --out <folder>', 'the folder of recordings', 'recordings')
      .option('--json', 'print JSON', false);
  add('list', 'list recordings, oldest first')
    .option('--since <date>', 'begun at or after', dateOption)
    .option('--until <date>', 'begun before', dateOption)
    .option('--partner <text>', 'with a partner of this name, or part of it')
    .option('--min-seconds <n>', 'at least this long', numberFrom(0, MAX_SECONDS))
    .option('--max-seconds <n>', 'at most this long', numberFrom(0, MAX_SECONDS))
    .option('--text <text>', 'with these words in tags, marks, notes or transcript')
    .option('--said <words>', 'with these words in the transcript')
    .addOption(new Option('--said-by <leg>', 'said by this side').choices(['local', 'remote']))
    .option('--said-within <n>', 'with at most so many other words between them', between(0, 1000))
    .option(
      '--min-dead-air <seconds>',
      'analysed, with dead air of at least so long',
      numberFrom(0, MAX_SECONDS),
    )
    .addOption(
      new Option('--interrupted-by <leg>', 'analysed, and this side interrupted the other').choices([
        'local',
        'remote',
      ]),
    )
    .option('--limit <n>', 'at most so many', between(1, 1_000_000), 100)
    .action(list);
  add('search <words...>', 'find recordings by words in tags, marks, notes and transcripts')
    .option('--limit <n>', 'at most so many', between(1, 1_000_000), 100)
    .action(search);
  add('annotate <id>', 'note tags, a note or a transcript of a recording; what verifies it stays')
    .option('--tag <tag...>', 'a tag, as name=value; name= takes it away', tagOption)
    .option('--note <text>', 'a note')
    .option('--transcript <file>', 'a text file with the words')
    .action(annotate);
  add('transcribe <engine...>', 'have a command write down what was said: a WAV comes on its standard input')
    .option('--id <id...>', 'these alone; default: all that have no transcript')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option('--language <code>', 'language that was spoken, such as en')
    .action(transcribe);
  withMaskOptions(
    add('mask [id...]', 'take card numbers and phrases out of recordings and all that was made of them'),
  );
  add('transcript <id>', 'print what was said, as text, captions or JSON')
    .addOption(new Option('--format <format>', 'of it').choices([...TRANSCRIPT_FORMATS]).default('text'))
    .action(transcript);
  add('show <id>', 'print the sidecar of a recording').action(show);
  add('vcon <id>', 'print a recording as vCon: parties, audio, transcript, analysis, ledger and manifest')
    .option('--url <address>', 'where the audio lies, instead of the audio itself')
    .option('--without-audio', 'leave the audio out, but for its hash', false)
    .action(vcon);
  add('play <id>', 'play a recording on the sound card')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option('--device <name>', 'which sound card; none: silently, at its pace')
    .action(play);
  add('verify [id...]', 'check recordings against their manifests; without ids, all')
    .option('-k, --key <file>', 'public key (PEM) that they must be signed with')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .action(verify);
  withForce(add('export <id...>', 'copy recordings with all that lies beside them'))
    .requiredOption('--to <folder>', 'where to')
    .option('-i, --identity <file>', 'age secret key: encrypted recordings are exported in the clear')
    .action(exportTo);
  add('hold <id>', 'put a recording under legal hold, so that it is not purged')
    .option('--reason <text>', 'why', 'legal hold')
    .option('--release', 'take the hold off', false)
    .action(hold);
  add('purge', 'delete recordings by age and size')
    .option('--older-than-days <n>', 'those that began longer ago', numberFrom(0, MAX_DAYS))
    .option('--max-megabytes <n>', 'the oldest, until the rest is no larger', numberFrom(0, 1e9))
    .option('--yes', 'delete them without being asked', false)
    .action(purge);
  add('index', 'make the catalogue anew from the sidecars').action(async ({ out, json }: FolderOptions) => {
    await checkFolder(out);
    const { catalogue: opened, damaged } = await Catalogue.renew(out);
    using catalogue = opened;
    if (damaged !== undefined) {
      warnLine(
        `The catalogue was damaged, and was moved to ${damaged}. Legal holds are taken from the files beside recordings;`,
      );
      warnLine(
        'those that a version without such files put on are in the damaged file alone: put them on again.',
      );
    }
    await resumeMasking(catalogue);
    const { recordings, failed } = await catalogue.rebuild();
    for (const [path, error] of failed) warnFault(path, error);
    printLine(
      json ? JSON.stringify({ recordings, failed: [...failed.keys()], damaged }) : `${recordings} recordings`,
    );
  });
  add('outbox', 'list events that their webhook or hook has not taken')
    .option('--retry', 'have those that were given up tried again, by the recorder of the folder', false)
    .action(outbox);
  return command;
}

async function list(options: SearchOptions): Promise<void> {
  using catalogue = await openFolder(options.out);
  const { since, until, partner, minSeconds, maxSeconds, text, minDeadAir, interruptedBy, limit } = options;
  const { said, saidBy, saidWithin } = options;
  const query: CatalogueQuery = {
    limit,
    ...(since && { since }),
    ...(until && { until }),
    ...(partner !== undefined && { partner }),
    ...(text !== undefined && { text }),
    ...(said !== undefined && { said }),
    ...(saidBy !== undefined && { saidBy }),
    ...(saidWithin !== undefined && { saidWithin }),
    ...(minDeadAir !== undefined && { minDeadAirMs: minDeadAir * 1000 }),
    ...(interruptedBy !== undefined && { interruptedBy }),
    ...(minSeconds !== undefined && { minMs: minSeconds * 1000 }),
    ...(maxSeconds !== undefined && { maxMs: maxSeconds * 1000 }),
  };
  const entries = catalogue.search(query);
  if (entries.length === 0) warnNothing(`No recordings in ${options.out}, or none of that kind.`);
  print(entries, options.json);
}

async function search(words: string[], { out, json, limit }: FolderOptions & { readonly limit: number }) {
  using catalogue = await openFolder(out);
  const entries = catalogue.search({ text: words.join(' '), limit });
  if (entries.length === 0) warnNothing(`No recording in ${out} has these words.`);
  print(entries, json);
}

interface AnnotateOptions extends FolderOptions {
  readonly tag?: ReadonlyMap<string, string | null>;
  readonly note?: string;
  readonly transcript?: string;
}

async function annotate(id: string, { out, json, tag, note, transcript }: AnnotateOptions): Promise<void> {
  if (tag === undefined && note === undefined && transcript === undefined)
    throw new JackfieldError('ERR_INVALID_ARG', 'Say what is to be noted: --tag, --note or --transcript.');
  const annotation = {
    ...(tag && { tags: Object.fromEntries(tag) }),
    ...(note !== undefined && { note }),
    ...(transcript !== undefined && { transcript: await readText(transcript) }),
  };
  using catalogue = await openFolder(out);
  const ids = new Set(found(catalogue, id).map((entry) => entry.id));
  for (const whole of ids) await catalogue.annotate(whole, annotation);
  for (const whole of ids) printLine(json ? JSON.stringify(catalogue.search({ id: whole })[0]) : whole);
}

function tagOption(text: string, before: ReadonlyMap<string, string | null> = new Map()) {
  const [name = '', ...value] = text.split('=');
  if (name === '' || value.length === 0) throw new InvalidArgumentError('Give a tag as name=value.');
  return new Map([...before, [name, value.join('=') || null]]);
}

interface TranscribeOptions extends FolderOptions {
  readonly identity?: string;
  readonly language?: string;
  readonly id?: readonly string[];
}

async function transcribe([command = '', ...args]: string[], options: TranscribeOptions): Promise<void> {
  using catalogue = await openFolder(options.out);
  const { identity, language, id: ids = [] } = options;
  const settings = {
    transcriber: commandTranscriber({ command, args }),
    ...(identity !== undefined && { identity: await readIdentity(identity) }),
    ...(language !== undefined && { language }),
    onRecording: (entry: CatalogueEntry, error: Error | undefined) => {
      if (error) warnFault(entry.file, error);
      else print([entry], options.json);
    },
  };
  for (const id of ids) found(catalogue, id);
  const queries = ids.length === 0 ? [{}] : ids.map((id) => ({ id }));
  for (const query of queries) await transcribeRecordings(catalogue, { ...settings, query });
}

async function transcript(
  id: string,
  { out, json, format }: FolderOptions & { readonly format: TranscriptFormat },
): Promise<void> {
  using catalogue = await openFolder(out);
  for (const entry of found(catalogue, id)) {
    const said = readTranscript(await catalogue.fileOf(entry), entry);
    const names = ['local', entry.partner];
    if (said) printDocument(writeTranscript(said, json ? 'json' : format, { names }));
    else
      warnNothing(
        `${entry.file} has no transcript with places: \`jackfield recordings transcribe\` makes one.`,
      );
  }
}

async function show(id: string, { out }: FolderOptions): Promise<void> {
  using catalogue = await openFolder(out);
  for (const entry of found(catalogue, id)) {
    const sidecar = (await catalogue.filesOf(entry)).find((file) => /(?<!manifest)\.json$/.test(file));
    if (sidecar) for (const line of (await readText(sidecar)).trimEnd().split('\n')) printLine(line);
  }
}

async function vcon(
  id: string,
  { out, url, withoutAudio }: FolderOptions & { readonly url?: string; readonly withoutAudio: boolean },
): Promise<void> {
  using catalogue = await openFolder(out);
  for (const entry of found(catalogue, id)) {
    const made = await vconOf(await catalogue.fileOf(entry), {
      withoutAudio,
      ...(url !== undefined && { url }),
    });
    printLine(JSON.stringify(made));
  }
}

async function play(id: string, { out, identity, device }: PlayOptions): Promise<void> {
  using catalogue = await openFolder(out);
  for (const entry of found(catalogue, id)) {
    const file = await catalogue.fileOf(entry);
    await using speaker = await openSpeaker({ format: STEREO, ...(device !== undefined && { device }) });
    for await (const samples of samplesOf(file, identity)) await speaker.write(samples);
    await speaker.end();
  }
}

async function* samplesOf(file: string, identity: string | undefined): AsyncGenerator<Int16Array> {
  if (file.endsWith('.age')) return yield* await sealed(file, identity);
  await using reader = await WavReader.open(file);
  yield* reader;
}

async function verify(
  ids: string[],
  options: FolderOptions & { readonly key?: string; readonly identity?: string },
): Promise<void> {
  using catalogue = await openFolder(options.out);
  const asked = ids.length > 0 ? ids.flatMap((id) => found(catalogue, id)) : undefined;
  await verifyEntries(catalogue, options, asked);
}

async function exportTo(ids: string[], options: FolderOptions & ExportOptions): Promise<void> {
  using catalogue = await openFolder(options.out);
  const entries = ids.flatMap((id) => found(catalogue, id));
  for (const exported of await plannedExport(catalogue, entries, options)) {
    await exportFile(exported, options);
    printLine(options.json ? JSON.stringify(exported) : exported.file);
  }
}

async function hold(
  id: string,
  { out, json, reason, release }: FolderOptions & { readonly reason: string; readonly release: boolean },
): Promise<void> {
  using catalogue = await openFolder(out);
  const ids = new Set(found(catalogue, id).map((entry) => entry.id));
  for (const whole of ids) await catalogue.hold(whole, release ? undefined : reason);
  for (const whole of ids) printLine(json ? JSON.stringify(catalogue.search({ id: whole })[0]) : whole);
}

async function purge(
  options: FolderOptions & {
    readonly olderThanDays?: number;
    readonly maxMegabytes?: number;
    readonly yes: boolean;
  },
): Promise<void> {
  const { olderThanDays, maxMegabytes, yes } = options;
  if (olderThanDays === undefined && maxMegabytes === undefined) {
    const text = 'Say what may go: --older-than-days, --max-megabytes, or both.';
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  using catalogue = await openFolder(options.out);
  await catalogue.keepHolds();
  const entries = catalogue.purgeable({
    ...(olderThanDays !== undefined && { maxAgeDays: olderThanDays }),
    ...(maxMegabytes !== undefined && { maxBytes: maxMegabytes * 1e6 }),
  });
  print(entries, options.json);
  const isSure = await isConfirmed(`Delete ${entries.length} recordings?`, { yes, count: entries.length });
  if (isSure) for (const entry of entries) await catalogue.remove(entry);
  const nothing = entries.length === 0 ? 'Nothing is to be deleted.' : 'Nothing was deleted: give --yes.';
  const deleted = isSure ? `${entries.length} deleted.` : nothing;
  if (!options.json) printLine(deleted);
}

async function outbox({ out, json, retry }: FolderOptions & { readonly retry: boolean }): Promise<void> {
  const folder = join(out, '.outbox');
  const events = await listOutbox(folder);
  if (events.length === 0) warnNothing('No event waits.');
  for (const undelivered of events) {
    const { event, channel, attempts, notBefore, lastError, state } = undelivered;
    const again = retry && state === 'failed';
    if (again) await retryEvent(folder, undelivered);
    const next = state === 'waiting' && attempts > 0 ? { next: new Date(notBefore).toISOString() } : {};
    const told = { ...event, channel, state: again ? 'waiting' : state, attempts, ...next, lastError };
    const line = `${printedTime(event.at)}  ${told.state}  ${channel}  ${event.type}  ${event.id}  attempts ${attempts}`;
    const why = lastError === undefined ? '' : `  ${JSON.stringify(lastError)}`;
    printLine(json ? JSON.stringify(told) : `${line}${why}`);
  }
}

function found(catalogue: Catalogue, id: string): CatalogueEntry[] {
  const entries = catalogue.search({ id });
  if (entries.length > 0) return entries;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `No recording has an id that begins with ${JSON.stringify(id)}.`,
  );
}

/** Id, start, length, partner, file, notes. */
const COLUMNS: readonly TableColumn[] = [{}, {}, { align: 'right' }, {}, {}, {}];

function print(entries: readonly CatalogueEntry[], json: boolean): void {
  if (json) for (const entry of entries) printLine(JSON.stringify(entry));
  else for (const line of textTable(entries.map(row), COLUMNS)) printLine(line);
}

function row({
  id,
  startedAt,
  durationMs,
  partner,
  complete,
  end,
  hold: held,
  file,
}: CatalogueEntry): string[] {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const notes = [...(complete ? [] : [end]), ...(held === undefined ? [] : [`hold: ${held}`])].join('; ');
  return [id.slice(0, 8), printedTime(startedAt), seconds, partner, file, notes];
}
