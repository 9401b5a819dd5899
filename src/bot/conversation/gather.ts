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
  /** Said first; digits pressed during it count. Default: nothing. */
  readonly prompt?: Speakable | undefined;
  /**
   * Actions of the caller that cut the prompt. Default `digit`; `any` when speech is an input. With speech, a voice
   * cuts when its first words are understood, or at once when the engine reports words only at the end.
   */
  readonly bargeIn?: BargeIn | undefined;
  /** Means by which the caller may answer; the first that comes counts. Default `['digits']`. */
  readonly input?: readonly GatherInput[] | undefined;
  /** Least number of digits of a complete answer: 0 to 100. Default 1. */
  readonly min?: number | undefined;
  /**
   * Most digits of an answer: 1 to 100. Default: `min`, or 1; 100 when `terminators` are given, since then a key ends
   * the answer.
   */
  readonly max?: number | undefined;
  /** Keys that end the answer and are not part of it. Default `#`. */
  readonly terminators?: string | undefined;
  /**
   * Keys that an answer may have, as a list with ranges: `0-9`, `1-4*`. Other keys are ignored: they cut no prompt and
   * end no wait. Default: all.
   */
  readonly allowed?: string | undefined;
  /** Longest wait for the first digit or word after the prompt was heard, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Longest wait for each further digit, in milliseconds; not before the prompt was heard. Default 3000. */
  readonly interDigitMs?: number | undefined;
  /** True when digits that were typed before the prompt count. Default true. */
  readonly typeAhead?: boolean | undefined;
  /** Phrases that make a spoken answer complete; also hints for the engine. Default: any words are complete. */
  readonly phrases?: readonly string[] | undefined;
  /** Silence that ends an utterance, in milliseconds: 200 to 10,000. Default 800. */
  readonly speechPauseMs?: number | undefined;
  /** Longest utterance, in milliseconds: 500 to 300,000. Default 30,000. */
  readonly maxSpeechMs?: number | undefined;
  /** True keeps the answer out of traces and transcripts: a PIN. Default false. */
  readonly secret?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The caller's answer, in digits or in words, and how the input ended. */
export interface Gathered {
  /** Empty when the answer is in words. */
  readonly digits: string;
  /** True when there were at least `min` digits, or one of the phrases. Without phrases, any word counts. */
  readonly complete: boolean;
  readonly ended: 'max' | 'terminator' | 'timeout' | 'inter-digit' | 'speech';
  /** The key that ended the answer, when `ended` is `terminator`. */
  readonly terminator?: string;
  /** The speech, when `ended` is `speech`. */
  readonly speech?: HeardSpeech;
  /** Position at which the prompt was cut; absent when it was not cut. */
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

/** Collects digits or speech; resolves as soon as the answer is complete. */
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

/** Resolves to the next digit that counts, or to the speech; undefined when nothing comes in time. */
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
      // A caller who is speaking when time is up has answered in time.
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
      throw invalidArgument(name, "left out unless input includes 'speech'", options[name]);
  }
  if (bySpeech && !transcriber) {
    const expected = "['digits'] for a bot without a transcriber: bot(script, { transcriber })";
    throw invalidArgument('input', expected, input);
  }
  const allowed = options.allowed === undefined ? undefined : keysIn(options.allowed);
  if (allowed && [...allowed].every((key) => terminators.includes(key)))
    throw invalidArgument('allowed', `keys other than the terminators ${terminators}`, options.allowed);
  return {
    ...{ prompt: options.prompt, signal: options.signal, min, max, terminators, timeoutMs, interDigitMs },
    ...{ typeAhead, phrases, speechPauseMs, maxSpeechMs, digits: input.includes('digits') },
    bargeIn: options.bargeIn ?? (bySpeech ? 'any' : 'digit'),
    transcriber: bySpeech ? transcriber : undefined,
    counts: (digit: string) => !allowed || allowed.has(digit) || terminators.includes(digit),
  };
}

/** Describes an answer for a transcript. A secret answer is masked. */
export function describeGathered({ digits, speech, ended }: Gathered, isSecret = false): string {
  const text = speech ? `“${isSecret ? '…' : speech.text}”` : isSecret ? '*'.repeat(digits.length) : digits;
  return `${text || 'nothing'} (${ended})`;
}
