import { JackfieldError } from '../../base/errors.js';
import { deadlineIn, waitFor } from '../../base/wait.js';
import type { CallControl } from '../../call/call-control.js';
import { CallEndedError } from '../../control/call/call-ended-error.js';
import { isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { BotCall } from '../bot-call.js';
import type { TransferOptions, TransferReport } from '../bot-call-options.js';
import { failureOf, TransferFailedError } from './transfer-failed-error.js';

/** Outcome of a call that the endpoint transfers. `gone`: it ended before a target took it. */
type Verdict =
  | { readonly kind: 'taken' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly status: string };

/** Longest time for an endpoint to give back a call that was not taken, in milliseconds. */
const GIVEN_BACK_MS = 2000;

/**
 * Has the endpoint transfer a call; resolves when a target has taken it (reference, "ALTER CALL TRANSFER").
 *
 * @throws as {@link BotCall.transfer}.
 */
export async function blindTransfer(
  { call, clock }: BotCall,
  targets: readonly string[],
  { timeoutMs, signal }: Pick<TransferOptions, 'timeoutMs' | 'signal'>,
): Promise<TransferReport> {
  const failed = (status: string, reason: string) =>
    new TransferFailedError(
      call.id,
      targets.map((target) => ({ target, outcome: failureOf(status), reason })),
    );
  const following = followTransfer(call);
  try {
    await call.transfer(targets, signal ? { signal } : {});
    let verdict: Verdict | undefined;
    try {
      verdict = await waitFor<Verdict | undefined>({
        what: `somebody to answer call ${call.id}`,
        signal,
        deadline: deadlineIn(clock, timeoutMs, () => undefined),
        begin: following.begin,
      });
    } catch (error) {
      if (signal?.aborted) await takeBack(call);
      throw error;
    }
    if (!verdict) {
      const back = await takeBack(call);
      verdict = following.verdict;
      if (verdict?.kind !== 'taken') throw failed('MISSED', back ?? `not answered in ${timeoutMs} ms`);
    }
    if (verdict.kind === 'taken') return { to: targets.length === 1 ? targets[0] : undefined };
    if (verdict.kind === 'gone') throw new CallEndedError(call.id, call.status, 'transferred', undefined);
    await call.reached('INPROGRESS', { timeoutMs: GIVEN_BACK_MS }).catch(() => undefined);
    throw failed(verdict.status, verdict.status);
  } finally {
    following.stop();
  }
}

/** Takes back a call that rings elsewhere. Resolves to the reason when that fails. */
async function takeBack(call: CallControl): Promise<string | undefined> {
  try {
    await call.resume();
    await call.reached('INPROGRESS', { timeoutMs: GIVEN_BACK_MS });
    return undefined;
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    return `the endpoint keeps the call and does not give it back: ${error.message}`;
  }
}

/** Follows the notifications of a transfer from now on. */
function followTransfer(call: CallControl) {
  let told: string | undefined;
  let passedOn = false;
  let verdict: Verdict | undefined;
  let resolve: (verdict: Verdict) => void = () => undefined;
  const look = () => {
    passedOn ||= call.status === 'TRANSFERRING';
    verdict ??= judge(call, told, passedOn);
    if (verdict) resolve(verdict);
  };
  const onProperty = (name: string, value: string) => {
    if (name !== 'TRANSFER_STATUS') return;
    told = value;
    look();
  };
  call.on('property', onProperty);
  call.on('state', look);
  return {
    get verdict() {
      return verdict;
    },
    begin(onVerdict: (verdict: Verdict) => void, reject: (error: unknown) => void) {
      resolve = onVerdict;
      look();
      // This rejects when the connection to the endpoint is lost.
      call.ended().then(look, reject);
      return () => undefined;
    },
    stop() {
      call.off('property', onProperty);
      call.off('state', look);
    },
  };
}

function judge(call: CallControl, told: string | undefined, passedOn: boolean): Verdict | undefined {
  if (told === 'INPROGRESS' || told?.endsWith('HOLD')) return { kind: 'taken' };
  // CANCELLED comes from the caller or from this side. The call's status shows which.
  if (told !== undefined && told !== 'CANCELLED' && isTerminalCallStatus(told))
    return { kind: 'refused', status: told };
  // TRANSFERRED without a TRANSFER_STATUS counts as taken.
  if (call.over) return { kind: call.status === 'TRANSFERRED' && told === undefined ? 'taken' : 'gone' };
  const ours = call.state?.phase === 'talking' || call.state?.phase === 'held';
  return passedOn && ours ? { kind: 'refused', status: told ?? 'MISSED' } : undefined;
}
