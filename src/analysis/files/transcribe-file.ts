import {
  signal as abortSignal,
  path as aPath,
  checkArgument,
  checkOptions,
  either,
  having,
  line,
  listOf,
  needed,
  type Rules,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { toFormat } from '../../voice/convert/to-format.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { LegIndex } from '../turns/turn-events.js';
import { type ConversationTranscript, partsOf, transcriptOf } from '../words/conversation-transcript.js';
import type { SaidPart } from '../words/said-part.js';
import { openLegs } from './open-legs.js';

/** Options of {@link transcribeFile}. */
export interface TranscribeFileOptions {
  readonly transcriber: Transcriber;
  /** Language, BCP 47. Default: that of the transcriber. */
  readonly language?: string;
  /** Expected words, for transcribers that take hints. */
  readonly phrases?: readonly string[];
  readonly signal?: AbortSignal;
}

/** The rules of {@link TranscribeFileOptions}. */
export const TRANSCRIBE_FILE: Rules<TranscribeFileOptions> = {
  transcriber: needed(having('transcribe')),
  language: line(1, 100),
  phrases: listOf(line(1, 1000)),
  signal: abortSignal,
};
const INPUT = either(aPath, listOf(aPath, 1, 2));

/** Legs that can be read more than once, each time from the beginning. */
export interface HearableLegs {
  readonly legs: number;
  readonly sampleRate: number;
  /** Samples of each leg. */
  readonly sampleCount: number;
  /** Reads the legs in pieces of equal length. The memory of a piece may be used again for the next. */
  samples(): AsyncIterable<readonly Int16Array[]>;
}

/**
 * Transcribes a sound file, one leg after the other. The legs are those of `analyseFile`, and they are the speakers.
 * Each word has its position in the samples of the file.
 *
 * @throws ERR_INVALID_ARG; the errors of `openAudio` and of the transcriber; ERR_ABORTED.
 */
export async function transcribeFile(
  input: string | readonly string[],
  options: TranscribeFileOptions,
): Promise<ConversationTranscript> {
  checkArgument('input', input, INPUT);
  checkOptions(options, TRANSCRIBE_FILE);
  await options.transcriber.ready?.();
  await using files = await openLegs(typeof input === 'string' ? [input] : input);
  return await transcribeLegs(files, options);
}

/** Transcribes legs, one after the other. @throws the errors of the transcriber; ERR_ABORTED. */
export async function transcribeLegs(
  legs: HearableLegs,
  { transcriber, language, phrases, signal }: TranscribeFileOptions,
): Promise<ConversationTranscript> {
  const { sampleRate, sampleCount } = legs;
  const parts: SaidPart[] = [];
  let spoken = language;
  for (let leg = 0; leg < legs.legs; leg++) {
    if (signal?.aborted)
      throw new JackfieldError('ERR_ABORTED', 'The transcription was stopped.', { cause: signal.reason });
    const mono = { sampleRate, channels: 1 };
    const transcript = await transcriber.transcribe({
      samples: toFormat(laneOf(legs, leg), mono, VOICE_FORMAT),
      ...(language !== undefined && { language }),
      ...(phrases && { phrases }),
      ...(signal && { signal }),
    });
    if (typeof Object(transcript).text !== 'string')
      throw new JackfieldError('ERR_INVALID_ARG', `${transcriber.name} returned no text.`);
    spoken ??= transcript.language;
    parts.push(...partsOf(transcript, leg as LegIndex, { sampleRate, samples: sampleCount }));
  }
  const { name } = transcriber;
  return transcriptOf(parts, {
    sampleRate,
    ...(typeof name === 'string' && { transcriber: name }),
    ...(spoken !== undefined && { language: spoken }),
  });
}

async function* laneOf(legs: HearableLegs, leg: number): AsyncGenerator<Int16Array> {
  for await (const pieces of legs.samples()) {
    const lane = pieces[leg];
    // The transcriber may still hold the previous piece when this one is read, so each gets its own memory.
    if (lane) yield lane.slice();
  }
}
