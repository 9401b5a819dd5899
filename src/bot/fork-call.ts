import { during } from '../base/during.js';
import type { Clock } from '../base/time/clock.js';
import { whenFired } from '../base/wait.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { Fork } from '../line/fork/fork.js';
import type { ForkOptions } from '../line/fork/fork-options.js';

/** The parts of a bot's call that a fork needs. */
export interface ForkedCall {
  readonly call: CallControl;
  readonly voice: CallVoice;
  readonly clock: Clock;
  readonly partner: { readonly handle: string };
  readonly signal: AbortSignal;
}

/** Forks a call: its voices, and the digits of the other party. The fork ends with the call. */
export async function forkCall(forked: ForkedCall, url: string, options: ForkOptions): Promise<Fork> {
  const { call, voice, clock, partner, signal } = forked;
  const { fork } = await during(clock, import('../line/fork/fork.js'));
  const made = fork(voice, url, { clock, from: partner.handle, ...options });
  const onDigit = (digit: string) => void made.digit(digit);
  call.on('dtmf', onDigit);
  const forget = whenFired(signal, () => void made.close());
  void made.closed.then(() => {
    forget();
    call.off('dtmf', onDigit);
  });
  return made;
}
