import { signal as abortSignal, checkArgument, checkOptions, type Rules } from '../../base/check.js';
import { during } from '../../base/during.js';
import { WAIT_RULES, type WaitOptions } from '../../base/wait.js';
import type { BotCall } from '../bot-call.js';
import { BOT_CALL } from '../bot-call-options.js';
import {
  ANSWER_RULES,
  AnswerDetector,
  type AnswerDetectorOptions,
  type AnswerVerdict,
} from './answer-detector.js';
import { type Beep, BeepDetector } from './beep-detector.js';

export interface DetectAnswerOptions extends AnswerDetectorOptions {
  readonly signal?: AbortSignal;
}

const RULES: Rules<DetectAnswerOptions> = { ...ANSWER_RULES, signal: abortSignal };
const BEEP_TIMEOUT_MS = 30_000;
/** Beeps that {@link detectAnswer} has heard, by call, until {@link waitForBeep} takes them. */
const told = new WeakMap<BotCall, Beep>();

/** Detects the party that answers a call: a person, a machine, or silence. @throws ERR_CALL_ENDED, ERR_ABORTED. */
export async function detectAnswer(call: BotCall, options: DetectAnswerOptions = {}): Promise<AnswerVerdict> {
  checkArgument('call', call, BOT_CALL);
  checkOptions(options, RULES);
  const { signal, ...settings } = options;
  using detector = await during(call.clock, AnswerDetector.create(settings));
  for await (const { samples } of call.listen(signal ? { signal } : {})) {
    const [verdict] = detector.push(samples);
    if (!verdict) continue;
    if (verdict.beep) told.set(call, verdict.beep);
    return verdict;
  }
  const [last] = detector.flush();
  // The call ended during the greeting: this wait throws its error.
  await call.pause(0);
  return last ?? { answerer: 'silent', greetingMs: 0, atMs: 0 };
}

/**
 * Waits for the beep after which an answering machine records. Resolves to undefined when there is none in time.
 * Resolves at once when `detectAnswer` has heard it.
 *
 * @param options.timeoutMs Longest wait, measured on the call's received voice; default 30,000.
 * @throws ERR_CALL_ENDED, ERR_ABORTED.
 */
export async function waitForBeep(call: BotCall, options: WaitOptions = {}): Promise<Beep | undefined> {
  checkArgument('call', call, BOT_CALL);
  checkOptions(options, WAIT_RULES);
  const { timeoutMs = BEEP_TIMEOUT_MS, signal } = options;
  const heard = told.get(call);
  told.delete(call);
  if (heard) return heard;
  const detector = new BeepDetector();
  const begun = call.heardMs;
  for await (const { samples } of call.listen(signal ? { signal } : {})) {
    const [beep] = detector.push(samples);
    if (beep) return beep;
    if (call.heardMs - begun >= timeoutMs) return undefined;
  }
  await call.pause(0);
  return undefined;
}
