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
  /** BCP 47. Default: the engine's own. */
  readonly language?: string;
  /** Words that are expected, for engines that take hints. */
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
  /** Of each leg. */
  readonly sampleCount: number;
  /** The legs in pieces of one length. The memory of a piece may be used again for the next. */
  samples(): AsyncIterable<readonly Int16Array[]>;
}

/**
 * Has a file of sound transcribed, each leg by itself: what is a leg, is as in `analyseFile`. The speakers are the legs, and
 * each word has its place in the samples of the file.
 *
 * @throws ERR_INVALID_ARG; what `openAudio` throws; what the engine throws; ERR_ABORTED.
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

/** Has legs transcribed, one after the other. @throws what the engine throws; ERR_ABORTED. */
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
      throw new JackfieldError('ERR_INVALID_ARG', `${transcriber.name} gave no text.`);
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
    // An engine may still be taking the piece before when this one is read.
    if (lane) yield lane.slice();
  }
}
