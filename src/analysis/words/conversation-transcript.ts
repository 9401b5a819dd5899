import { listOf, rule } from '../../base/check.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import type { Transcript, TranscriptSegment, TranscriptWord } from '../../voice/transcript/transcriber.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';
import { SAID_PART, type SaidPart, type SaidWord } from './said-part.js';
import { tokensIn } from './word-tokens.js';

/** Transcript of a conversation with positions. The speakers are the legs. */
export interface ConversationTranscript {
  readonly schema: 'jackfield.transcript/1';
  /** Sample rate of the positions, in Hz. */
  readonly sampleRate: number;
  /** Name of the transcriber. */
  readonly transcriber?: string;
  /** BCP 47. */
  readonly language?: string;
  /** Legs on which the transcriber failed. The parts before the failure are kept. */
  readonly failed?: readonly LegIndex[];
  /** In order of time. */
  readonly parts: readonly SaidPart[];
}

const PARTS = listOf(SAID_PART);

/** Accepts a transcript of a conversation. */
export const TRANSCRIPT = rule(
  'a transcript: { schema, sampleRate, parts }',
  (value) =>
    Object(value).schema === 'jackfield.transcript/1' &&
    SAMPLE_RATE.accepts(Object(value).sampleRate) &&
    PARTS.accepts(Object(value).parts),
);

/** Conversation to which a transcribed leg belongs. */
export interface HeardConversation {
  readonly sampleRate: number;
  /** Samples of each leg. Positions after the end become the end. */
  readonly samples: number;
}

/** Sample rate of the positions of transcribers, in Hz. */
const TRANSCRIBER_RATE = 16_000;

/** Makes a transcript from parts in any order. */
export function transcriptOf(
  parts: readonly SaidPart[],
  facts: Omit<ConversationTranscript, 'schema' | 'parts'>,
): ConversationTranscript {
  const sorted = parts.toSorted((a, b) => a.from - b.from || a.leg - b.leg);
  return { schema: 'jackfield.transcript/1', ...facts, parts: sorted };
}

/**
 * Converts the transcript of a leg to parts of the conversation. Without positions there is one part, as long as the
 * leg.
 */
export function partsOf(
  { text, segments = [] }: Transcript,
  leg: LegIndex,
  conversation: HeardConversation,
): SaidPart[] {
  const told = segments.flatMap((segment) => partOf(segment, leg, conversation) ?? []);
  if (told.length > 0) return told;
  return tokensIn(text).length === 0 ? [] : [{ leg, text, from: 0, to: conversation.samples, words: [] }];
}

/** Converts a segment of a transcript to a part of the conversation; undefined for one without a word. */
export function partOf(
  segment: TranscriptSegment,
  leg: LegIndex,
  conversation: HeardConversation,
): SaidPart | undefined {
  const { text } = segment;
  if (tokensIn(text).length === 0) return undefined;
  const words = wordsOf(segment.words, conversation);
  const { from, to } = placed(segment, conversation);
  const [first, last] = [words[0], words.at(-1)];
  return { leg, text, from: Math.min(from, first?.from ?? from), to: Math.max(to, last?.to ?? to), words };
}

/** Places the words, each no earlier than the one before. */
function wordsOf(words: readonly TranscriptWord[], conversation: HeardConversation): SaidWord[] {
  let least = 0;
  return words.map(({ word, confidence, ...span }) => {
    const { from, to } = placed(span, conversation);
    least = Math.max(least, from);
    return { word, from: least, to: Math.max(least, to), ...(confidence !== undefined && { confidence }) };
  });
}

function placed({ from, to }: Span, { sampleRate, samples }: HeardConversation): Span {
  const place = (at: number) =>
    Math.max(0, Math.min(samples, Math.round((at * sampleRate) / TRANSCRIBER_RATE) || 0));
  return { from: place(from), to: Math.max(place(from), place(to)) };
}
