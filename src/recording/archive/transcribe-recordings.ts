import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  having,
  line,
  needed,
  nested,
  type Rules,
} from '../../base/check.js';
import { asError } from '../../base/errors.js';
import { observe } from '../../base/observe.js';
import { STEREO, VOICE_FORMAT } from '../../base/pcm.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { toFormat } from '../../voice/convert/to-format.js';
import type { Transcriber, TranscriptRequest } from '../../voice/transcript/transcriber.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { openSealed } from '../sealed/open-sealed.js';
import { readTails } from '../sealed/sealed-tail.js';
import type { Catalogue } from './catalogue.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { CATALOGUE_QUERY, type CatalogueQuery } from './catalogue-query.js';

/** Options of {@link transcribeRecordings}. */
export interface TranscribeRecordingsOptions {
  readonly transcriber: Transcriber;
  /** Recordings to transcribe; those that have a transcript are left out. Default: all. */
  readonly query?: CatalogueQuery;
  readonly language?: string;
  /** The age secret key of encrypted recordings, which are then decrypted in memory. Default: they are left out. */
  readonly identity?: string;
  readonly signal?: AbortSignal;
  /** Told of each recording that was tried; `error` when the engine failed on it. */
  readonly onRecording?: (recording: CatalogueEntry, error: Error | undefined) => void;
}

const RULES: Rules<TranscribeRecordingsOptions> = {
  transcriber: needed(having('transcribe')),
  query: nested(CATALOGUE_QUERY),
  language: line(1, 100),
  identity: line(1, 10_000),
  signal: abortSignal,
  onRecording: callback,
};
const CATALOGUE = having('search', 'annotate', 'fileOf');
const LEGS = ['local', 'remote'] as const;

/**
 * Transcribes the recordings of a catalogue that have no transcript yet, each leg on its own: a line `local: ...` of what
 * was said here, and one `remote: ...` of what was heard. The words are annotations, and can then be searched for; those of
 * an encrypted recording are in clear. A recording that the engine fails on is told of and left for the next time.
 * Resolves to how many were transcribed.
 *
 * @throws ERR_ABORTED, ERR_FILE; what the engine's `ready` throws.
 */
export async function transcribeRecordings(
  catalogue: Catalogue,
  options: TranscribeRecordingsOptions,
): Promise<number> {
  checkArgument('catalogue', catalogue, CATALOGUE);
  checkOptions(options, RULES);
  const { transcriber, query = {}, identity, signal, onRecording } = options;
  await transcriber.ready?.();
  let count = 0;
  for (const entry of catalogue.search({ limit: -1, ...query })) {
    signal?.throwIfAborted();
    const isSealed = entry.file.endsWith('.age');
    if (entry.transcript !== undefined || (isSealed && identity === undefined)) continue;
    try {
      const transcript = await transcriptOf(await catalogue.fileOf(entry), options);
      await catalogue.annotate(entry.id, { transcript }, { segment: entry.segment });
      count++;
      observe('onRecording', onRecording, { ...entry, transcript }, undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      observe('onRecording', onRecording, entry, asError(error));
    }
  }
  return count;
}

async function transcriptOf(
  file: string,
  { transcriber, language, identity, signal }: TranscribeRecordingsOptions,
): Promise<string> {
  const lines: string[] = [];
  for (const [channel, leg] of LEGS.entries()) {
    const request: TranscriptRequest = {
      samples: legOf(samplesOf(file, identity), channel),
      ...(language !== undefined && { language }),
      ...(signal && { signal }),
    };
    const { text } = await transcriber.transcribe(request);
    if (text.trim() !== '') lines.push(`${leg}: ${text.trim()}`);
  }
  return lines.join('\n');
}

async function* samplesOf(file: string, identity: string | undefined): AsyncGenerator<Int16Array> {
  if (file.endsWith('.age') && identity !== undefined) {
    yield* openSealed(file, identity, await readTails(file, identity));
    return;
  }
  await using reader = await WavReader.open(file);
  yield* reader;
}

/** One leg of a recording, as a transcriber hears it. */
function legOf(stereo: AsyncIterable<Int16Array>, channel: number): AsyncIterable<Int16Array> {
  const mono = { sampleRate: STEREO.sampleRate, channels: 1 };
  return toFormat(channelOf(stereo, channel), mono, VOICE_FORMAT);
}

async function* channelOf(stereo: AsyncIterable<Int16Array>, channel: number): AsyncGenerator<Int16Array> {
  for await (const samples of stereo) {
    const lane = splitChannels(samples, STEREO.channels)[channel];
    if (lane) yield lane;
  }
}
