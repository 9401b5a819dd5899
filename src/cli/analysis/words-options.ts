import { type Command, InvalidArgumentError } from 'commander';
import { type Keyword, keywordIn } from '../../analysis.js';
import { messageOf } from '../../base/errors.js';
import {
  commandTranscriber,
  httpTranscriber,
  JackfieldError,
  pocketSphinx,
  streamingTranscriber,
  type Transcriber,
} from '../../voice.js';
import { keyOf } from '../service-keys.js';

/** Options of a command that transcribes. */
export interface WordsOptions {
  readonly transcribe?: string;
  readonly language?: string;
  readonly keyword?: readonly Keyword[];
}

/** Adds the options of {@link WordsOptions}. */
export function withWordsOptions(command: Command): Command {
  return command
    .option(
      '--transcribe <engine>',
      `transcribe what is said with pocketsphinx (installed on this machine; pocketsphinx:FILE.gram for a grammar of the possible sentences), with a service at http(s):// or ws(s):// (token in JACKFIELD_TRANSCRIBER_TOKEN), or with a command that reads a WAV from standard input`,
    )
    .option('--language <code>', 'language of the speech, such as en')
    .option(
      '--keyword <phrase...>',
      'report where this phrase was said; "cancel contract~1+3" allows one differing letter in each word and 3 other words between',
      keywordOption,
    );
}

const GRAMMAR = 'pocketsphinx:';

/** Creates the engine named by `--transcribe`. @throws ERR_INVALID_ARG */
export function transcriberOf(engine: string): Transcriber {
  const token = keyOf('JACKFIELD_TRANSCRIBER_TOKEN');
  const tokenHeader = process.env['JACKFIELD_TRANSCRIBER_TOKEN_HEADER'];
  const secret = { ...(token !== undefined && { token }), ...(tokenHeader && { tokenHeader }) };
  if (engine === 'pocketsphinx') return pocketSphinx();
  if (engine.startsWith(GRAMMAR)) return pocketSphinx({ grammar: engine.slice(GRAMMAR.length) });
  if (/^https?:/i.test(engine)) return httpTranscriber({ url: engine, ...secret });
  if (/^wss?:/i.test(engine)) return streamingTranscriber({ url: engine, ...secret });
  const [command, ...args] = engine.split(/\s+/).filter((part) => part !== '');
  if (command === undefined)
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      '--transcribe needs an engine: pocketsphinx, a URL or a command.',
    );
  return commandTranscriber({ command, args });
}

/** Parses a keyword of the command line: `phrase~edits+apart`. */
export function keywordOption(text: string, before: readonly Keyword[] = []): readonly Keyword[] {
  try {
    return [...before, keywordIn(text)];
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
