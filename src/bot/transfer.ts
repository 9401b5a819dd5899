import { abortedError, JackfieldError, messageOf } from '../base/errors.js';
import { CallEndedError } from '../control/state/call-ended-error.js';
import { blindTransfer } from './blind-transfer.js';
import type { BotCall, TransferOptions, TransferReport } from './bot-call.js';
import { bridge } from './room.js';
import { failureOf, type TransferAttempt, TransferFailedError } from './transfer-failed-error.js';

/** Longest ringing, in milliseconds. */
const RING_TIMEOUT_MS = 30_000;

/**
 * Puts a call through to the first of `targets` that answers: holds it, calls them, and bridges. With `blind` the
 * endpoint does that.
 *
 * @throws as {@link BotCall.transfer}.
 */
export async function transfer(
  call: BotCall,
  targets: readonly string[],
  options: TransferOptions,
): Promise<TransferReport> {
  if (options.blind) return await blindTransfer(call, targets, options);
  const { signal, music, timeoutMs = RING_TIMEOUT_MS } = options;
  const ringing = { timeoutMs, signal };
  const { target, answered } = await call.hold(() => firstToAnswer(call, targets, ringing), {
    music,
    signal,
  });
  try {
    const ended = await bridge(call, answered, { signal });
    if (!ended && signal) throw abortedError(`the end of a talk with ${target}`, signal);
    return { to: target, endedBy: ended === call ? 'caller' : 'target' };
  } finally {
    await answered.call.hangUp().catch(() => undefined);
  }
}

interface Answered {
  readonly target: string;
  readonly answered: BotCall;
}

/** Calls all at once; those who are too late, or too many, are hung up. */
async function firstToAnswer(
  call: BotCall,
  targets: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Answered> {
  const found = new AbortController();
  const signals = [found.signal, call.signal, ...(signal ? [signal] : [])];
  const limits = { timeoutMs, signal: AbortSignal.any(signals) };
  const dials = targets.map(async (target): Promise<Answered> => {
    const answered = await call.dial(target, limits);
    if (found.signal.aborted) {
      await answered.call.hangUp();
      throw new JackfieldError('ERR_ABORTED', `${target} answered after another.`);
    }
    found.abort();
    return { target, answered };
  });
  try {
    return await Promise.any(dials);
  } catch (failure) {
    call.signal.throwIfAborted();
    if (signal?.aborted) throw abortedError(`an answer of ${targets.join(', ')}`, signal);
    const errors: readonly unknown[] = failure instanceof AggregateError ? failure.errors : [failure];
    throw new TransferFailedError(
      call.id,
      targets.map((target, index) => attemptOf(target, errors[index])),
    );
  }
}

function attemptOf(target: string, error: unknown): TransferAttempt {
  const reason = messageOf(error);
  if (error instanceof CallEndedError) return { target, outcome: failureOf(error.status), reason };
  const timedOut = error instanceof JackfieldError && error.code === 'ERR_TIMEOUT';
  return { target, outcome: timedOut ? 'no-answer' : 'failed', reason };
}
