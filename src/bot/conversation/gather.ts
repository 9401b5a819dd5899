import {
  signal as abortSignal,
  checkArgument,
  checkOptions,
  flag,
  line,
  listOf,
  oneOf,
  type Rules,
  rule,
  whole,
  within,
} from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { waitFor } from '../../base/wait.js';
import type { CallContext } from '../call-context.js';
import { SPEAKABLE, type Speakable } from '../prompt/speakable.js';
import { KEY_RANGES, KEYS, keysIn } from './keys.js';
import { BARGE_IN, type BargeIn, byDigit, byVoice, type Cut, type Cutter, sayUntil } from './say.js';
import { type HeardSpeech, SpeechInput } from './speech-input.js';

/** The means by which a caller answers. */
export type GatherInput = 'digits' | 'speech';

export interface GatherOptions {
  /** Said first; digits that come meanwhile count. Default: nothing. */
  readonly prompt?: Speakable | undefined;
  /**
   * Actions of the caller that cut the prompt. Default `digit`; `any` where speech is an input. Where it is, a voice
   * counts when its first words have been understood, or at once where the engine tells them at the end only.
   */
  readonly bargeIn?: BargeIn | undefined;
  /** Means by which the caller may answer, of which the first that comes counts. Default `['digits']`. */
  readonly input?: readonly GatherInput[] | undefined;
  /** Digits that make a complete answer: 0 to 100. Default 1. */
  readonly min?: number | undefined;
  /**
   * Digits after which there is nothing to wait for: 1 to 100. Default: `min`, or 1; 100 where `terminators` are given,
   * since then a key ends the answer.
   */
  readonly max?: number | undefined;
  /** Keys that end the answer and are no part of it. Default `#`. */
  readonly terminators?: string | undefined;
  /**
   * Keys that an answer may have, as a list with ranges: `0-9`, `1-4*`. Others are not heard: they cut no prompt and end
   * no wait. Default: all.
   */
  readonly allowed?: string | undefined;
  /** Longest wait for the first digit or word after the prompt was heard, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Longest wait for each further digit, in milliseconds; not before the prompt was heard. Default 3000. */
  readonly interDigitMs?: number | undefined;
  /** True when digits that were typed before the prompt count. Default true. */
  readonly typeAhead?: boolean | undefined;
  /** Phrases that make a complete answer in speech, and hints for the engine. Default: every word does. */
  readonly phrases?: readonly string[] | undefined;
  /** Silence that ends what is said, in milliseconds: 200 to 10,000. Default 800. */
  readonly speechPauseMs?: number | undefined;
  /** Longest speech that is listened to, in milliseconds: 500 to 300,000. Default 30,000. */
  readonly maxSpeechMs?: number | undefined;
  /** True keeps the answer out of traces and transcripts: a PIN. Default false. */
  readonly secret?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The caller's answer, in digits or in words, and how the input ended. */
export interface Gathered {
  /** Empty where the answer is in words. */
  readonly digits: string;
  /** True when there were at least `min` digits, or one of the phrases; where there are no phrases, any word. */
  readonly complete: boolean;
  readonly ended: 'max' | 'terminator' | 'timeout' | 'inter-digit' | 'speech';
  /** The key that ended it, where `ended` is `terminator`. */
  readonly terminator?: string;
  /** The words, where `ended` is `speech`. */
  readonly speech?: HeardSpeech;
  /** Place at which the prompt was cut; absent when it was not. */
  readonly cut?: Cut;
}

const MAX_DIGITS = 100;
const TIME = within(0, Infinity, 'ms');
const MEANS = listOf(oneOf('digits', 'speech'), 1, 2);
const INPUT = rule(
  "a list of 'digits', 'speech' or both",
  (value) => MEANS.accepts(value) && new Set(value as unknown[]).size === (value as unknown[]).length,
);
/** The rules of {@link GatherOptions}. */
export const GATHER_RULES: Rules<GatherOptions> = {
  prompt: SPEAKABLE,
  bargeIn: BARGE_IN,
  input: INPUT,
  min: whole(0, MAX_DIGITS, 'digits'),
  max: whole(1, MAX_DIGITS, 'digits'),
  terminators: KEYS,
  allowed: KEY_RANGES,
  timeoutMs: TIME,
  interDigitMs: TIME,
  typeAhead: flag,
  phrases: listOf(line(1, 200), 1, 1000),
  speechPauseMs: within(200, 10_000, 'ms'),
  maxSpeechMs: within(500, 300_000, 'ms'),
  secret: flag,
  signal: abortSignal,
};

/** Collects digits or speech; resolves as soon as no more can be wanted. */
export async function gather(context: CallContext, options: GatherOptions = {}): Promise<Gathered> {
  const wanted = resolved(context, options);
  const { prompt, bargeIn, counts, signal } = wanted;
  if (!wanted.typeAhead) context.digits.clear();
  context.digits.skipTo(counts);
  const isCutByVoice = bargeIn === 'voice' || bargeIn === 'any';
  using early = isCutByVoice ? speechInput(context, wanted) : undefined;
  const cutters: Cutter[] = [];
  if (wanted.digits && (bargeIn === 'digit' || bargeIn === 'any')) cutters.push(byDigit(context, counts));
  if (isCutByVoice) cutters.push(early?.cutter ?? byVoice(context));
  const report = prompt === undefined ? undefined : await sayUntil(context, prompt, { signal }, cutters);
  const cut = report?.cut ? { cut: report.cut } : {};
  using late = early ? undefined : speechInput(context, wanted);
  return { ...(await collect(context, wanted, early ?? late)), ...cut };
}

type Wanted = ReturnType<typeof resolved>;

async function collect(
  context: CallContext,
  wanted: Wanted,
  speech: SpeechInput | undefined,
): Promise<Gathered> {
  const { min, max, terminators } = wanted;
  let digits = '';
  const result = (ended: Gathered['ended']) => ({ digits, complete: digits.length >= min, ended });
  for (;;) {
    const isFirst = digits === '';
    const next = await nextInput(context, wanted, isFirst, isFirst ? speech : undefined);
    if (next === undefined) return result(isFirst ? 'timeout' : 'inter-digit');
    if (typeof next !== 'string') {
      const complete = wanted.phrases.length === 0 || next.phrase !== undefined;
      return { digits, complete, ended: 'speech', speech: next };
    }
    if (terminators.includes(next)) return { ...result('terminator'), terminator: next };
    digits += next;
    if (digits.length === max) return result('max');
  }
}

/** The next digit that counts, or what was said; undefined when nothing comes in time. */
function nextInput(
  context: CallContext,
  { timeoutMs, interDigitMs, digits, counts, signal }: Wanted,
  isFirst: boolean,
  speech: SpeechInput | undefined,
): Promise<string | HeardSpeech | undefined> {
  return waitFor<string | HeardSpeech | undefined>({
    what: digits ? 'a digit' : 'speech',
    ended: context.ended,
    signal,
    begin(resolve, reject) {
      const undo: (() => void)[] = [];
      const expire = () => resolve(undefined);
      // Who speaks when time is up has answered in time.
      const timeUp = () => void (speech ? undo.push(speech.whenQuiet(expire)) : expire());
      undo.push(context.spoken.after(isFirst ? timeoutMs : interDigitMs, timeUp));
      speech?.heard.then(resolve, reject);
      if (digits) undo.push(context.digits.take(resolve, counts));
      return () => {
        for (const stop of undo) stop();
      };
    },
  });
}

function speechInput(context: CallContext, wanted: Wanted): SpeechInput | undefined {
  const { transcriber, phrases, speechPauseMs: pauseMs, maxSpeechMs: maxMs } = wanted;
  return transcriber && new SpeechInput(context, transcriber, { phrases, pauseMs, maxMs });
}

function resolved({ transcriber }: CallContext, options: GatherOptions) {
  checkOptions(options, GATHER_RULES);
  const { min = 1, terminators = '#', timeoutMs = 5000, interDigitMs = 3000, typeAhead = true } = options;
  const { input = ['digits'], phrases = [], speechPauseMs = 800, maxSpeechMs = 30_000 } = options;
  const max = options.max ?? (options.terminators ? MAX_DIGITS : Math.max(1, min));
  checkArgument('max', max, whole(Math.max(1, min), MAX_DIGITS, 'digits'));
  const bySpeech = input.includes('speech');
  for (const name of ['phrases', 'speechPauseMs', 'maxSpeechMs'] as const) {
    if (!bySpeech && options[name] !== undefined)
      throw invalidArgument(name, "left out where 'speech' is no input", options[name]);
  }
  if (bySpeech && !transcriber) {
    const expected = "['digits'] for a bot without a transcriber: bot(script, { transcriber })";
    throw invalidArgument('input', expected, input);
  }
  const allowed = options.allowed === undefined ? undefined : keysIn(options.allowed);
  if (allowed && [...allowed].every((key) => terminators.includes(key)))
    throw invalidArgument('allowed', `keys besides the terminators ${terminators}`, options.allowed);
  return {
    ...{ prompt: options.prompt, signal: options.signal, min, max, terminators, timeoutMs, interDigitMs },
    ...{ typeAhead, phrases, speechPauseMs, maxSpeechMs, digits: input.includes('digits') },
    bargeIn: options.bargeIn ?? (bySpeech ? 'any' : 'digit'),
    transcriber: bySpeech ? transcriber : undefined,
    counts: (digit: string) => !allowed || allowed.has(digit) || terminators.includes(digit),
  };
}

/** Describes an answer for a transcript; of one that is secret, only its length. */
export function describeGathered({ digits, speech, ended }: Gathered, isSecret = false): string {
  const text = speech ? `“${isSecret ? '…' : speech.text}”` : isSecret ? '*'.repeat(digits.length) : digits;
  return `${text || 'nothing'} (${ended})`;
}
