import { Command } from 'commander';
import { STEREO } from '../../base/pcm.js';
import { readText } from '../../files/key-files.js';
import { isSealed, vconOf } from '../../recording.js';
import { openSpeaker, WavReader } from '../../voice.js';
import { withForce } from '../outputs.js';
import { printLine } from '../terminal-text.js';
import { type ExportOptions, exportFile, plannedExport } from './recordings-export.js';
import { type FolderOptions, found, openFolder } from './recordings-folder.js';
import { index, withHoldOptions, withOutboxOptions, withPurgeOptions } from './recordings-keeping.js';
import { withListOptions, withSearchOptions } from './recordings-list.js';
import { withMaskOptions } from './recordings-mask.js';
import { withAnnotateOptions, withTranscribeOptions, withTranscriptOptions } from './recordings-words.js';
import { sealed, verifyEntries } from './verify-command.js';

interface PlayOptions extends FolderOptions {
  readonly identity?: string;
  readonly device?: string;
}

/** `jackfield recordings`: commands on a folder of recordings. */
export function recordingsCommand(): Command {
  const command = new Command('recordings');
  const add = (definition: string, description: string) =>
    command
      .command(definition)
      .description(description)
      .option('-o, --out <folder>', 'the folder of recordings', 'recordings')
      .option('--json', 'print JSON', false);
  withListOptions(add('list', 'list recordings, oldest first'));
  withSearchOptions(
    add('search <words...>', 'find recordings by words in their tags, marks, notes and transcripts'),
  );
  withAnnotateOptions(
    add(
      'annotate <id>',
      'add tags, a note or a transcript to a recording; its manifest and signature stay valid',
    ),
  );
  withTranscribeOptions(
    add(
      'transcribe <engine...>',
      'transcribe recordings with a command that reads a WAV from standard input',
    ),
  );
  withMaskOptions(
    add('mask [id...]', 'remove card numbers and phrases from recordings and from all files made from them'),
  );
  withTranscriptOptions(add('transcript <id>', 'print the transcript as text, captions or JSON'));
  add('show <id>', 'print the sidecar of a recording').action(show);
  add('vcon <id>', 'print a recording as vCon: parties, audio, transcript, analysis, ledger and manifest')
    .option('--url <address>', 'refer to the audio by this URL instead of including it')
    .option('--without-audio', 'include only the hash of the audio', false)
    .action(vcon);
  add('play <id>', 'play a recording on the sound card')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option('--device <name>', 'sound device; none plays at normal speed without sound')
    .action(play);
  add('verify [id...]', 'check recordings against their manifests (default: all)')
    .option('-k, --key <file>', 'public key (PEM) that must match the signatures')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .action(verify);
  withForce(add('export <id...>', 'copy recordings with all their companion files'))
    .requiredOption('--to <folder>', 'where to')
    .option('-i, --identity <file>', 'age secret key; encrypted recordings are exported unencrypted')
    .action(exportTo);
  withHoldOptions(add('hold <id>', 'put a recording under legal hold, so that it is not purged'));
  withPurgeOptions(add('purge', 'delete recordings by age and size'));
  add('index', 'rebuild the catalogue from the sidecars').action(index);
  withOutboxOptions(add('outbox', 'list events that were not yet delivered to their webhook or hook'));
  return command;
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
  if (isSealed(file)) return yield* await sealed(file, identity);
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
