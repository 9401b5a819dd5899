import { JackfieldError } from '../../base/errors.js';
import { deadlineIn, type Timers, waitFor } from '../../base/wait.js';
import type { CallControl } from '../../call/call-control.js';
import type { HoldOptions } from '../bot-call-options.js';
import type { Speakable } from '../prompt/speakable.js';
import type { SayOptions } from './say.js';

/** Time from sending a sample until it is heard, in milliseconds: the player's lead and the endpoint's buffer. */
export const IN_FLIGHT_MS = 160;

/** A call whose caller is put on hold. */
export interface HeldCall {
  readonly call: CallControl;
  readonly clock: Timers;
  /** Fires when the call is over. */
  readonly signal: AbortSignal;
  say(what: Speakable, options: SayOptions): Promise<unknown>;
  clear(): Promise<void>;
  pause(ms: number): Promise<void>;
}

/**
 * Runs `work` while the caller is on hold, or hears music.
 *
 * @throws errors of `work`; ERR_TIMEOUT, ERR_CALL_ENDED, ERR_ABORTED.
 */
export async function whileOnHold<T>(
  held: HeldCall,
  work: () => T | Promise<T>,
  { music, signal, timeoutMs }: HoldOptions,
): Promise<T> {
  const { call, clock, signal: ended } = held;
  ended.throwIfAborted();
  if (music === undefined) {
    await held.pause(IN_FLIGHT_MS);
    await call.hold(signal && { signal });
  } else void held.say({ loop: music }, { signal });
  try {
    return await waitFor<T>({
      what: 'the work during hold',
      ended,
      signal,
      deadline: deadlineIn(clock, timeoutMs, () => {
        const message = `The work for which call ${call.id} is on hold took longer than ${timeoutMs} ms.`;
        throw new JackfieldError('ERR_TIMEOUT', message);
      }),
      begin: (resolve, reject) => void Promise.resolve().then(work).then(resolve, reject),
    });
  } finally {
    if (music !== undefined) await held.clear();
    else if (!call.over) await resume(call, ended);
  }
}

async function resume(call: CallControl, ended: AbortSignal): Promise<void> {
  try {
    await call.resume();
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}
