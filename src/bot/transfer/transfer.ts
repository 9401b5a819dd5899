import { abortedError } from '../../base/errors.js';
import type { BotCall } from '../bot-call.js';
import type { TransferOptions, TransferReport } from '../bot-call-options.js';
import { firstToAnswer } from '../first-to-answer.js';
import { bridge } from '../room.js';
import { blindTransfer } from './blind-transfer.js';

/** Longest ringing, in milliseconds. */
const RING_TIMEOUT_MS = 30_000;

/**
 * Puts a call through to the first of `targets` that answers: holds it, calls the targets, and bridges. With `blind`,
 * the endpoint transfers the call.
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
