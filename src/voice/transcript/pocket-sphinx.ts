import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { checkOptions, ending, path, type Rules, within } from '../../base/check.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { fileError } from '../../files/file-error.js';
import { commandTranscriber } from './command-transcriber.js';
import type { Transcriber, Transcript, TranscriptSegment, TranscriptWord } from './transcriber.js';

/** Options of {@link pocketSphinx}. */
export interface PocketSphinxOptions {
  /** Default `pocketsphinx_continuous`, found on the PATH. */
  readonly command?: string;
  /** File with a grammar of the possible sentences (JSGF), `.gram` or `.jsgf`. Default: the model's own language. */
  readonly grammar?: string;
  /** Longest run for one leg, in milliseconds, after which it is stopped: 1000 to 86,400,000. Default 600,000. */
  readonly timeoutMs?: number;
}

const RULES: Rules<PocketSphinxOptions> = {
  command: path,
  grammar: ending('.gram', '.jsgf'),
  timeoutMs: within(1000, 86_400_000, 'ms'),
};
/** A word with its times in seconds and the probability that it is right. */
const TIMED = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/;
/** Marks of silence, noise and the ends of an utterance; they are not words. */
const FILLER = /^(<.*>|\[.*\]|\(.*\)|\+\+.*\+\+)$/;
const VARIANT = /\(\d+\)$/;

/**
 * Makes a transcriber from CMU PocketSphinx. It runs on this machine without a network and gives the place of each word
 * (Debian: `apt install pocketsphinx pocketsphinx-en-us`). It knows English only, and writes no punctuation.
 *
 * @throws ERR_INVALID_ARG
 */
export function pocketSphinx(options: PocketSphinxOptions = {}): Transcriber {
  checkOptions(options, RULES);
  const { command = 'pocketsphinx_continuous', grammar, timeoutMs } = options;
  const args = ['-infile', '/dev/stdin', '-time', 'yes', '-logfn', '/dev/null'];
  const engine = commandTranscriber({
    command,
    args: grammar === undefined ? args : [...args, '-jsgf', grammar],
    read: readPocketSphinx,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return {
    ...engine,
    async ready() {
      await engine.ready?.();
      if (grammar !== undefined)
        await access(grammar, constants.R_OK).catch((error: unknown) => {
          throw fileError('read', grammar, error);
        });
    },
    name: 'PocketSphinx',
    segments: true,
  };
}

/** Reads the output of `pocketsphinx_continuous -time yes`: each utterance's text, then its words with their times. */
export function readPocketSphinx(output: string): Transcript {
  const segments: TranscriptSegment[] = [];
  let words: TranscriptWord[] = [];
  const end = () => {
    const [first, last] = [words[0], words.at(-1)];
    if (first && last)
      segments.push({
        text: words.map(({ word }) => word).join(' '),
        from: first.from,
        to: last.to,
        words,
      });
    words = [];
  };
  for (const line of output.split('\n')) {
    const [, word = '', from, to, confidence] = TIMED.exec(line.trim()) ?? [];
    if (word === '') end();
    else if (!FILLER.test(word))
      words.push({
        word: word.replace(VARIANT, ''),
        from: placeOf(from),
        to: placeOf(to),
        confidence: Math.min(1, Number(confidence)),
      });
  }
  end();
  return { text: segments.map(({ text }) => text).join(' '), language: 'en', segments };
}

function placeOf(seconds: string | undefined): number {
  return Math.round(Number(seconds) * VOICE_FORMAT.sampleRate);
}
