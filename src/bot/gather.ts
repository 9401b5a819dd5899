import {
  signal as abortSignal,
  checkArgument,
  checkOptions,
  flag,
  given,
  type Rules,
  whole,
  within,
} from '../base/check.js';
import { deadlineIn, waitFor } from '../base/wait.js';
import type { CallContext } from './call-context.js';
import { KEYS } from './keys.js';
import type { Speakable } from './prompt/speakable.js';
import { BARGE_IN, type BargeIn, type Cut, say } from './say.js';

export interface GatherOptions {
  /** Said first; digits that come meanwhile count. Default: nothing. */
  readonly prompt?: Speakable | undefined;
  /** Actions of the caller that cut the prompt. Default `digit`. */
  readonly bargeIn?: BargeIn | undefined;
  /** Digits that make a complete answer: 0 to 100. Default 1. */
  readonly min?: number | undefined;
  /**
   * Digits after which there is nothing to wait for: 1 to 100. Default: `min`, or 1; 100 where `terminators` are given,
   * since then a key ends the answer.
   */
  readonly max?: number | undefined;
  /** Keys that end the answer and are no part of it. Default `#`. */
  readonly terminators?: string | undefined;
  /** Longest wait for the first digit after the prompt, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Longest wait for each further digit, in milliseconds. Default 3000. */
  readonly interDigitMs?: number | undefined;
  /** True when digits that were typed before the prompt count. Default true. */
  readonly typeAhead?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Digits that the caller keyed in, and how the input ended. */
export interface Gathered {
  readonly digits: string;
  /** True when there were at least `min` digits. */
  readonly complete: boolean;
  readonly ended: 'max' | 'terminator' | 'timeout' | 'inter-digit';
  /** The key that ended it, where `ended` is `terminator`. */
  readonly terminator?: string;
  /** Place at which the prompt was cut; absent when it was not. */
  readonly cut?: Cut;
}

const MAX_DIGITS = 100;
const TIME = within(0, Infinity, 'ms');
const RULES: Rules<GatherOptions> = {
  prompt: given,
  bargeIn: BARGE_IN,
  min: whole(0, MAX_DIGITS, 'digits'),
  max: whole(1, MAX_DIGITS, 'digits'),
  terminators: KEYS,
  timeoutMs: TIME,
  interDigitMs: TIME,
  typeAhead: flag,
  signal: abortSignal,
};

/** Collects digits; resolves as soon as no more can be wanted. */
export async function gather(context: CallContext, options: GatherOptions = {}): Promise<Gathered> {
  const {
    prompt,
    bargeIn = 'digit',
    min,
    max,
    terminators,
    timeoutMs,
    interDigitMs,
    signal,
  } = resolved(options);
  if (options.typeAhead === false) context.digits.clear();
  const report = prompt === undefined ? undefined : await say(context, prompt, { bargeIn, signal });
  const cut = report?.cut ? { cut: report.cut } : {};
  let digits = '';
  const result = (ended: Gathered['ended']) => ({ digits, complete: digits.length >= min, ended, ...cut });
  for (;;) {
    const limitMs = digits === '' ? timeoutMs : interDigitMs;
    const digit = await waitFor<string | undefined>({
      what: 'a digit',
      ended: context.ended,
      signal,
      deadline: deadlineIn(context.clock, limitMs, () => undefined),
      begin: (resolve) => context.digits.take(resolve),
    });
    if (digit === undefined) return result(digits === '' ? 'timeout' : 'inter-digit');
    if (terminators.includes(digit)) return { ...result('terminator'), terminator: digit };
    digits += digit;
    if (digits.length === max) return result('max');
  }
}

function resolved(options: GatherOptions) {
  checkOptions(options, RULES);
  const { min = 1, terminators = '#', timeoutMs = 5000, interDigitMs = 3000 } = options;
  const max = options.max ?? (options.terminators ? MAX_DIGITS : Math.max(1, min));
  checkArgument('max', max, whole(Math.max(1, min), MAX_DIGITS, 'digits'));
  return { ...options, min, max, terminators, timeoutMs, interDigitMs };
}
