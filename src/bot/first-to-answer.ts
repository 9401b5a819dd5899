import { abortedError, JackfieldError, messageOf } from '../base/errors.js';
import { CallEndedError } from '../control/call/call-ended-error.js';
import type { BotCall } from './bot-call.js';
import { failureOf, type TransferAttempt, TransferFailedError } from './transfer/transfer-failed-error.js';

/** A target that has answered, and its call. */
export interface Answered {
  readonly target: string;
  readonly answered: BotCall;
}

/**
 * Calls all targets at once on behalf of `call`. All but the first that is answered are hung up.
 *
 * @throws TransferFailedError when none answers; ERR_CALL_ENDED when `call` is over first; ERR_ABORTED.
 */
export async function firstToAnswer(
  call: BotCall,
  targets: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Answered> {
  const found = new AbortController();
  const signals = [found.signal, call.signal, ...(signal ? [signal] : [])];
  const limits = { timeoutMs, signal: AbortSignal.any(signals) };
  const dials = targets.map(async (target): Promise<Answered> => {
    const answered = await call.dial(target, limits);
    if (found.signal.aborted) {
      await answered.call.hangUp();
      throw new JackfieldError('ERR_ABORTED', `${target} answered after another target.`);
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
