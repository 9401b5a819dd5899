import type { CallControl } from '../../call/call-control.js';
import type { SendDigitsOptions } from '../bot-call-options.js';

/** The parts of a call that sending digits needs. */
export interface DigitCall {
  readonly call: Pick<CallControl, 'sendDtmf'>;
  readonly signal: AbortSignal;
  pause(ms: number, options: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** Sends digits one after the other. @throws ERR_API, ERR_CALL_ENDED, ERR_ABORTED. */
export async function sendDigits(
  sender: DigitCall,
  digits: string,
  { pauseMs = 200, timeoutMs, signal }: SendDigitsOptions,
): Promise<void> {
  const limits = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
  for (const [index, digit] of [...digits].entries()) {
    if (index > 0) await sender.pause(pauseMs, { signal });
    sender.signal.throwIfAborted();
    await sender.call.sendDtmf(digit, limits);
  }
}
