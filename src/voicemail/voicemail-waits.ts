import { checkArgument } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import { TimeLimit } from '../base/wait.js';
import { LIVE_VOICEMAIL, type Voicemail } from '../control/call/voicemail.js';
import type { VoicemailState } from '../control/call/voicemail-life.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import type { VoicemailStatus } from '../protocol/status/voicemail-status.js';

/**
 * Runs a command on a voicemail and waits for one of the wanted statuses. Earlier statuses do not count: a message that
 * FAILED once can be fetched again.
 *
 * @throws ERR_VOICEMAIL_FAILED when it fails or is deleted first; ERR_ABORTED; errors of `act`.
 */
export async function reachAfter(
  voicemail: Voicemail,
  act: () => Promise<unknown>,
  wanted: readonly VoicemailStatus[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<VoicemailState> {
  return attended(voicemail, async () => {
    let before = voicemail.history.length;
    await act();
    for await (const state of voicemail.states(options)) {
      if (before-- > 0) continue;
      if (wanted.some((status) => status === state.status)) return state;
      if (state.phase === 'failed') break;
    }
    throw await voicemail.failure(wanted.join(' or '));
  });
}

/**
 * Adds a listener to a voicemail during `work`: a client forgets voicemails without listeners after a thousand others.
 */
export async function attended<T>(voicemail: Voicemail, work: () => Promise<T>): Promise<T> {
  const listener = () => undefined;
  voicemail.on('state', listener);
  try {
    return await work();
  } finally {
    voicemail.off('state', listener);
  }
}

/**
 * Resolves to the first of these statuses that the voicemail has, now or later.
 *
 * @throws ERR_VOICEMAIL_FAILED when it fails or is deleted first; ERR_ABORTED; ERR_CLOSED.
 */
export async function reachedOne(
  voicemail: Voicemail,
  wanted: readonly VoicemailStatus[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<VoicemailState> {
  const { state } = voicemail;
  if (state && wanted.some((status) => status === state.status)) return state;
  if (state?.phase === 'failed') throw await voicemail.failure(wanted.join(' or '));
  return reachAfter(voicemail, async () => undefined, wanted, options);
}

/**
 * Downloads a voicemail to the endpoint's machine, unless it is there.
 *
 * @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
 */
export async function downloadVoicemail(voicemail: Voicemail, options: CommandOptions = {}): Promise<void> {
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  const status = await voicemail.text('STATUS', options);
  if (status === 'DOWNLOADING') await reachedOne(voicemail, ['UNPLAYED', 'PLAYED'], options);
  else if (status === 'NOTDOWNLOADED' || status === 'FAILED' || status === 'UNKNOWN') {
    await reachAfter(voicemail, () => voicemail.download(options), ['UNPLAYED', 'PLAYED'], options);
  }
}

/** Deletes a voicemail, here and on the server. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
export async function deleteVoicemail(voicemail: Voicemail, options: CommandOptions = {}): Promise<void> {
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  if ((await voicemail.text('STATUS', options)) === 'DELETING') return;
  await reachAfter(voicemail, () => voicemail.delete(options), ['DELETING'], options);
}

/** Marks a voicemail as unplayed. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
export async function markVoicemailUnplayed(
  voicemail: Voicemail,
  options: CommandOptions = {},
): Promise<void> {
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  if ((await voicemail.text('STATUS', options)) === 'UNPLAYED') return;
  await reachAfter(voicemail, () => voicemail.markUnplayed(options), ['UNPLAYED'], options);
}

/**
 * Runs `work` with a signal that fires after `ms` on `clock`, or when the caller's signal fires.
 *
 * @throws ERR_TIMEOUT when the time has passed first.
 */
export async function withinTime<T>(
  options: {
    readonly clock: Clock;
    readonly ms: number;
    readonly what: string;
    readonly signal: AbortSignal | undefined;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, ms, what, signal } = options;
  const tookTooLong = () =>
    new JackfieldError('ERR_TIMEOUT', `${what} took more than ${Math.round(ms / 1000)} s.`);
  using limit = new TimeLimit(clock, { timeoutMs: ms, signal }, tookTooLong);
  try {
    return await work(limit.signal);
  } catch (error) {
    if (limit.passed && !signal?.aborted) throw limit.signal.reason;
    throw error;
  }
}
