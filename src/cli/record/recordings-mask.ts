import { type Command, InvalidArgumentError } from 'commander';
import { STEREO } from '../../base/pcm.js';
import { readIdentity, readSigningKey } from '../../files/key-files.js';
import {
  type Catalogue,
  type CatalogueEntry,
  type MaskedRecording,
  type MaskStretch,
  maskRecordings,
  readPhrases,
} from '../../recording.js';
import { JackfieldError } from '../../voice.js';
import { keywordOption, transcriberOf } from '../analysis/words-options.js';
import { warnFault } from '../failure.js';
import { printLine, warnLine } from '../terminal-text.js';
import { openFolder } from './recordings-folder.js';

interface MaskOptions {
  readonly out: string;
  readonly json: boolean;
  readonly cards: boolean;
  readonly phrase?: Parameters<typeof keywordOption>[1];
  readonly phrases?: string;
  readonly stretch?: readonly MaskStretch[];
  readonly transcribe?: string;
  readonly language?: string;
  readonly identity?: string;
  readonly encrypt?: readonly string[];
  readonly sign?: string;
}

/** Adds the options of `jackfield recordings mask` to its command. */
export function withMaskOptions(command: Command): Command {
  return command
    .option('--no-cards', 'do not mask card numbers')
    .option(
      '--phrase <phrase...>',
      'mask this phrase; "mothers name~2+1" as in analyse --keyword',
      keywordOption,
    )
    .option('--phrases <file>', 'mask the phrases in a text file, one per line')
    .option(
      '--stretch <from-to...>',
      'mask the time between two seconds of one recording, such as 12.5-14',
      stretchOption,
    )
    .option(
      '--transcribe <engine>',
      'transcription engine that finds what to mask and checks the result, as in analyse',
    )
    .option('--language <code>', 'language of the speech, such as en')
    .option('-i, --identity <file>', 'age secret key, for encrypted recordings')
    .option(
      '--encrypt <recipient...>',
      'encrypt encrypted recordings again to these age recipients (age1...)',
    )
    .option('--sign <file>', 'sign the new manifests with this Ed25519 key (PEM)')
    .action(mask);
}

async function mask(ids: string[], options: MaskOptions): Promise<void> {
  const { out, cards, stretch, transcribe, language, identity, encrypt, sign } = options;
  using catalogue = await openFolder(out);
  const entries = ids.flatMap((id) => withId(catalogue, id));
  if (stretch && new Set(entries.map(({ file }) => file)).size !== 1)
    throw new JackfieldError('ERR_INVALID_ARG', '--stretch applies to one recording: give its id.');
  const settings = {
    cards,
    phrases: [
      ...(options.phrase ?? []),
      ...(options.phrases === undefined ? [] : await readPhrases(options.phrases)),
    ],
    ...(stretch && { stretches: stretch }),
    ...(transcribe !== undefined && { transcriber: transcriberOf(transcribe) }),
    ...(language !== undefined && { language }),
    ...(identity !== undefined && { identity: await readIdentity(identity) }),
    ...(encrypt && { encryptTo: encrypt }),
    ...(sign !== undefined && { signingKey: await readSigningKey(sign) }),
    onRecording: (entry: CatalogueEntry, result: MaskedRecording | undefined, error: Error | undefined) =>
      tell(entry, result, error, options),
  };
  const queries = ids.length === 0 ? [{}] : [...new Set(entries.map(({ id }) => id))].map((id) => ({ id }));
  for (const query of queries) await maskRecordings(catalogue, { ...settings, query });
}

/** Prints the result of masking, and warns about rules that were not applied. */
function tell(
  { file }: CatalogueEntry,
  result: MaskedRecording | undefined,
  error: Error | undefined,
  { json, cards }: MaskOptions,
): void {
  if (error) warnFault(file, error);
  if (!result) return;
  if (json) {
    printLine(JSON.stringify({ ...result, file }));
    return;
  }
  const { masking, looked, others } = result;
  const spans = masking?.spans ?? [];
  const seconds = spans.reduce((sum, { samples }) => sum + samples, 0) / STEREO.sampleRate;
  const rules = [...new Set(spans.map(({ rule }) => rule))].join(', ');
  printLine(
    masking ? `${file}: masked ${seconds.toFixed(1)} s (${rules || 'texts only'})` : `${file}: nothing found`,
  );
  if (cards && !looked.includes('card-spoken'))
    warnLine(`${file}: words were not searched: there is no transcript and no --transcribe.`);
  else if (cards && masking && masking.transcriber === undefined)
    warnLine(`${file}: the audio was not checked again: there is no --transcribe.`);
  for (const other of others) warnLine(`${file}: ${other} may have been made from it and was not changed.`);
}

function withId(catalogue: Catalogue, id: string): CatalogueEntry[] {
  const entries = catalogue.search({ id, limit: -1 });
  if (entries.length > 0) return entries;
  throw new JackfieldError('ERR_INVALID_ARG', `No recording id begins with ${JSON.stringify(id)}.`);
}

function stretchOption(text: string, before: readonly MaskStretch[] = []): readonly MaskStretch[] {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const [fromMs, toMs] = [Number(from) * 1000, Number(to) * 1000];
  if (!(toMs > fromMs)) throw new InvalidArgumentError('Give two seconds, such as 12.5-14.');
  return [...before, { fromMs, toMs }];
}
