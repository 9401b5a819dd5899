import { CALL_ANALYSIS_RULES, type CallAnalysisOptions } from '../analysis/analyse-options.js';
import {
  callback,
  checkArgument,
  checkOptions,
  either,
  flag,
  having,
  line,
  listOf,
  nested,
  object,
  type Rules,
  wait,
} from '../base/check.js';
import type { Client } from '../control/client/client.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import type { Transcriber } from '../voice/transcript/transcriber.js';
import type { BotCall } from './bot-call.js';
import { type CallTaper, type TapeOptions, taperOf } from './call-taper.js';
import type { Prompts } from './prompt/prompts.js';
import { SPEAKABLE, type Speakable } from './prompt/speakable.js';

/** The work of a bot on one call. When it returns, queued speech is played to its end and the call is hung up. */
export type BotScript = (call: BotCall) => Promise<void> | void;

/** The host's parts that a bot is prepared with. */
export interface BotPreparation {
  readonly client: Client;
  readonly server: PcmServer;
  readonly prompts: Prompts;
}

export interface BotOptions {
  /** Shown in events and transcripts. Default: the script's name, or `bot`. */
  readonly name?: string;
  /** Language of the calls at first. Default: that of the prompts. */
  readonly language?: string;
  /** Said before the call is hung up because the script threw. Default: three falling tones. */
  readonly goodbye?: Speakable;
  /**
   * Everything that it may say, as far as known. Its host makes these prompts ready before calls. Default: `goodbye`
   * alone.
   */
  readonly says?: readonly Speakable[];
  /**
   * Called once before the first call, to find errors before a caller does. When it rejects, the bot does not begin.
   * Called without the host's parts when only the files are checked.
   */
  readonly prepare?: (given?: BotPreparation) => Promise<void>;
  /** Understands what callers say, where `gather` asks for speech. Default: none; only keys are answers. */
  readonly transcriber?: Transcriber;
  /** True when digits are also heard as tones in the voice. Default true. */
  readonly toneDigits?: boolean;
  /** True when barge-in by voice disregards the echo of the bot's own speech. Default true. */
  readonly echoGuard?: boolean;
  /** Longest call, in milliseconds; then it is hung up. Default 4 hours. */
  readonly maxCallMs?: number;
  /**
   * Records both sides of its calls from the first sample, on the same redirection of the voice. Either a `Recorder`,
   * which names, publishes and catalogues recordings by its policy, or a folder with the options of a recording.
   * Default: the recorder of the host, if it has one.
   */
  readonly record?: CallTaper | TapeOptions;
  /** Analyses its calls while they go on: `call.analysis`. Default false. */
  readonly analyse?: boolean | CallAnalysisOptions;
}

/** A phone bot: a script and its settings. Made by {@link bot}, run by a {@link BotHost}. */
export interface Bot {
  readonly script: BotScript;
  readonly name: string;
  readonly language: string | undefined;
  readonly goodbye: Speakable;
  /** Includes `goodbye`. */
  readonly says: readonly Speakable[];
  readonly prepare: ((given?: BotPreparation) => Promise<void>) | undefined;
  readonly transcriber: Transcriber | undefined;
  readonly toneDigits: boolean;
  readonly echoGuard: boolean;
  readonly maxCallMs: number;
  readonly record: CallTaper | undefined;
  readonly analyse: CallAnalysisOptions | undefined;
}

/** The rule of an argument that is a bot. */
export const BOT = having('script');
const RULES: Rules<BotOptions> = {
  name: line(1, 200),
  language: line(1, 100),
  goodbye: SPEAKABLE,
  says: listOf(SPEAKABLE),
  prepare: callback,
  transcriber: having('transcribe'),
  toneDigits: flag,
  echoGuard: flag,
  maxCallMs: wait,
  record: object,
  analyse: either(flag, nested<CallAnalysisOptions>(CALL_ANALYSIS_RULES)),
};

const FALLING_TONES: Speakable = [
  { tone: 950, ms: 250 },
  { tone: 700, ms: 250 },
  { tone: 500, ms: 400 },
];
const FOUR_HOURS_MS = 14_400_000;

/**
 * Makes a bot of a script.
 *
 * ```ts
 * const clock = bot(async (call) => {
 *   const { digits } = await call.gather({ prompt: 'how-many-times' });
 *   for (let i = 0; i < Number(digits); i++) await call.say('cuckoo');
 * });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function bot(script: BotScript, options: BotOptions = {}): Bot {
  checkArgument('script', script, callback);
  checkOptions(options, RULES);
  const { name, language, goodbye = FALLING_TONES, toneDigits = true, echoGuard = true } = options;
  const { maxCallMs = FOUR_HOURS_MS, says = [], prepare, record, transcriber, analyse } = options;
  return Object.freeze({
    script,
    name: name ?? (script.name || 'bot'),
    language,
    goodbye,
    says: [...says, goodbye],
    prepare,
    transcriber,
    toneDigits,
    echoGuard,
    maxCallMs,
    record: record && taperOf(record),
    analyse: analyse === true ? {} : analyse || undefined,
  });
}
