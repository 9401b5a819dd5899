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
  /** The first error for which something could not be said. */
  readonly unsaid?: Error | undefined;
}

/** Runs a script to its end, and what it leaves to be said after it. */
export async function runScript(bot: Bot, call: BotCall, clock: Clock): Promise<ScriptEnding> {
  try {
    await bot.script(call);
    await sayTheRest(call);
    return { outcome: 'done', unsaid: call.unsaid };
  } catch (failure) {
    if (call.signal.aborted && isCallEnded(failure)) return { outcome: 'hung-up', unsaid: call.unsaid };
    const error = asError(failure);
    const { unsaid } = call; // The goodbye is not what the call was for.
    await sayGoodbye(bot, call, clock);
    return { outcome: 'failed', error, unsaid };
  }
}

/** The script is through: what is queued is said, and the call hung up, if the other party does not do so first. */
async function sayTheRest(call: BotCall): Promise<void> {
  // The program that has taken the voice away has the call, and keeps it.
  if (call.voice.remote.state.status === 'closed') await fired(call.signal);
  if (isTaken(call.signal.reason)) throw call.signal.reason;
  try {
    await call.mark();
    await call.hangUp();
  } catch (error) {
    if (!call.signal.aborted || isTaken(error)) throw error;
  }
}

/** Its own failure changes nothing: the call is hung up either way. */
async function sayGoodbye(bot: Bot, call: BotCall, clock: Clock): Promise<void> {
  using limit = new TimeLimit(clock, { timeoutMs: GOODBYE_TIMEOUT_MS });
  try {
    if (call.signal.aborted) return;
    await call.clear();
    await call.say(bot.goodbye, { signal: limit.signal });
    await call.hangUp();
  } catch {
    // The script's own error is what is told.
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof JackfieldError && error.code === 'ERR_TAKEN';
}

function isCallEnded(error: unknown): boolean {
  return error instanceof JackfieldError && (error.code === 'ERR_CALL_ENDED' || error.code === 'ERR_CLOSED');
}
