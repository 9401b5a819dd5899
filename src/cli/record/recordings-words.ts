import { type Command, InvalidArgumentError, Option } from 'commander';
import { TRANSCRIPT_FORMATS, type TranscriptFormat, writeTranscript } from '../../analysis.js';
import { readIdentity, readText } from '../../files/key-files.js';
import { type CatalogueEntry, readTranscript, transcribeRecordings } from '../../recording.js';
import { commandTranscriber, JackfieldError } from '../../voice.js';
import { warnFault } from '../failure.js';
import { printDocument, printLine, warnNothing } from '../terminal-text.js';
import { type FolderOptions, found, openFolder } from './recordings-folder.js';
import { printEntries } from './recordings-list.js';

/** Adds the options of `jackfield recordings annotate` to its command. */
export function withAnnotateOptions(command: Command): Command {
  return command
    .option('--tag <tag...>', 'a tag, as name=value; name= removes it', tagOption)
    .option('--note <text>', 'a note')
    .option('--transcript <file>', 'text file with the transcript')
    .action(annotate);
}

/** Adds the options of `jackfield recordings transcribe` to its command. */
export function withTranscribeOptions(command: Command): Command {
  return command
    .option('--id <id...>', 'only these recordings (default: all without a transcript)')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option('--language <code>', 'language of the speech, such as en')
    .action(transcribe);
}

/** Adds the options of `jackfield recordings transcript` to its command. */
export function withTranscriptOptions(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'of it').choices([...TRANSCRIPT_FORMATS]).default('text'))
    .action(transcript);
}

interface AnnotateOptions extends FolderOptions {
  readonly tag?: ReadonlyMap<string, string | null>;
  readonly note?: string;
  readonly transcript?: string;
}

async function annotate(id: string, { out, json, tag, note, transcript }: AnnotateOptions): Promise<void> {
  if (tag === undefined && note === undefined && transcript === undefined)
    throw new JackfieldError('ERR_INVALID_ARG', 'Give --tag, --note or --transcript.');
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
      else printEntries([entry], options.json);
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
        `${entry.file} has no transcript with times: \`jackfield recordings transcribe\` makes one.`,
      );
  }
}
