import { path as aPath, checkOptions, line, oneOf, type Rules, whole, within } from '../base/check.js';
import { SAMPLE_RATE, VOICE_FORMAT } from '../base/pcm.js';
import { KEYWORDS, type Keyword } from './words/keyword-watch.js';

/** Options of a {@link ConversationAnalysis}. */
export interface ConversationOptions {
  /** Number of legs: 1 or 2. Figures that need both sides cannot be computed for one. Default 2. */
  readonly legs?: number;
  /** Sample rate of both legs, in Hz: 8000 to 192000. Default 16000. */
  readonly sampleRate?: number;
  /** Shortest silence of both legs that is dead air, in ms: 500 to 600,000. Default 5000. */
  readonly deadAirMs?: number;
  /** Longest backchannel, in ms: 100 to 5000. Default 600. */
  readonly backchannelMs?: number;
  /** Shortest overlap at a change of speaker that is an interruption, in ms: 0 to 5000. Default 250. */
  readonly interruptionMs?: number;
  /** Most time between two starts of speech that are a dual start, in ms: 0 to 1000. Default 200. */
  readonly dualStartMs?: number;
  /** Language of the words, BCP 47. It decides which first words mark a question. Default `en`. */
  readonly language?: string;
  /** Words and phrases to find in the transcript. Default: none. */
  readonly keywords?: readonly Keyword[];
  /**
   * Detector of speech. `levels` compares the level in bands with the noise. `neural` uses the network of Silero's
   * voice detector; its model comes with a package that is installed separately. Default `levels`.
   */
  readonly speechDetector?: SpeechDetector;
  /** Path of the model of the neural detector, an ONNX file. Default: the model of the installed package. */
  readonly speechModel?: string;
}

/** Names of the detectors of speech. */
export type SpeechDetector = 'levels' | 'neural';
export const SPEECH_DETECTORS = ['levels', 'neural'] as const satisfies readonly SpeechDetector[];

export type ResolvedConversation = Readonly<
  Required<Omit<ConversationOptions, 'speechModel'>> & Pick<ConversationOptions, 'speechModel'>
>;

export const DEFAULT_CONVERSATION: ResolvedConversation = Object.freeze({
  legs: 2,
  sampleRate: VOICE_FORMAT.sampleRate,
  deadAirMs: 5000,
  backchannelMs: 600,
  interruptionMs: 250,
  dualStartMs: 200,
  language: 'en',
  keywords: [],
  speechDetector: 'levels',
});

/** The rules of {@link ConversationOptions}. */
export const CONVERSATION: Rules<ConversationOptions> = {
  legs: whole(1, 2),
  sampleRate: SAMPLE_RATE,
  deadAirMs: within(500, 600_000, 'ms'),
  backchannelMs: within(100, 5000, 'ms'),
  interruptionMs: within(0, 5000, 'ms'),
  dualStartMs: within(0, 1000, 'ms'),
  language: line(1, 100),
  keywords: KEYWORDS,
  speechDetector: oneOf(...SPEECH_DETECTORS),
  speechModel: aPath,
};

/** @throws ERR_INVALID_ARG for an option out of range. */
export function resolveConversation(options: ConversationOptions): ResolvedConversation {
  checkOptions(options, CONVERSATION);
  return Object.freeze({ ...DEFAULT_CONVERSATION, ...options });
}
