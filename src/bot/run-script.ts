import { asError, JackfieldError } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import { fired, TimeLimit } from '../base/wait.js';
import type { Bot } from './bot.js';
import type { BotCall } from './bot-call.js';

const GOODBYE_TIMEOUT_MS = 15_000;

/** The end of a script. */
export interface ScriptEnding {
  readonly outcome: 'done' | 'hung-up' | 'failed';
  readonly error?: Error;
  /** First error that kept a prompt from being said. */
  readonly unsaid?: Error | undefined;
}

/** Runs a script, and then plays the prompts that are still queued. */
export async function runScript(bot: Bot, call: BotCall, clock: Clock): Promise<ScriptEnding> {
  try {
    await bot.script(call);
    await sayTheRest(call);
    return { outcome: 'done', unsaid: call.unsaid };
  } catch (failure) {
    if (call.signal.aborted && isCallEnded(failure)) return { outcome: 'hung-up', unsaid: call.unsaid };
    const error = asError(failure);
    const { unsaid } = call; // Read before the goodbye, whose failure does not count as unsaid.
    await sayGoodbye(bot, call, clock);
    return { outcome: 'failed', error, unsaid };
  }
}

/** Plays the queued prompts, then hangs up, unless the other party does so first. */
async function sayTheRest(call: BotCall): Promise<void> {
  // A program that has taken the voice keeps the call: it is not hung up here.
  if (call.voice.remote.state.status === 'closed') await fired(call.signal);
  if (isTaken(call.signal.reason)) throw call.signal.reason;
  try {
    await call.mark();
    await call.hangUp();
  } catch (error) {
    if (!call.signal.aborted || isTaken(error)) throw error;
  }
}

/** Says the goodbye and hangs up. An error in it is ignored: the call is hung up in any case. */
async function sayGoodbye(bot: Bot, call: BotCall, clock: Clock): Promise<void> {
  using limit = new TimeLimit(clock, { timeoutMs: GOODBYE_TIMEOUT_MS });
  try {
    if (call.signal.aborted) return;
    await call.clear();
    await call.say(bot.goodbye, { signal: limit.signal });
    await call.hangUp();
  } catch {
    // The script's own error is the one that is reported.
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof JackfieldError && error.code === 'ERR_TAKEN';
}

function isCallEnded(error: unknown): boolean {
  return error instanceof JackfieldError && (error.code === 'ERR_CALL_ENDED' || error.code === 'ERR_CLOSED');
}
