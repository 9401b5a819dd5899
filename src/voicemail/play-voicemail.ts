import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  having,
  oneOf,
  type Rules,
} from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import type { PcmSink } from '../base/pcm.js';
import { CLOCK, type Clock, systemClock } from '../base/time/clock.js';
import { LIVE_VOICEMAIL, type Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import type { LegLedger } from '../stream/align/ledger.js';
import type { ReadClass } from '../stream/pcm-stream.js';
import { POLICIES } from '../stream/receive/sink-options.js';
import type { SinkHandle, SinkOptions } from '../stream/sink.js';
import { type Lease, SERVER } from '../tcp/lease.js';
import { READ_CLASS } from '../tcp/lease-options.js';
import { closeError } from '../tcp/lease-state.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { LedgerSink } from './ledger-sink.js';
import { openVoicemailPort } from './voicemail-port.js';
import { downloadVoicemail, reachAfter, reachedOne, withinTime } from './voicemail-waits.js';

/** Options of {@link playVoicemail} and {@link receiveVoicemail}. */
export interface PlayVoicemailOptions {
  /** Clock of the time limits. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Stops the playback; it then rejects with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

/** Options of {@link receiveVoicemail}. */
export interface ReceiveVoicemailOptions extends PlayVoicemailOptions {
  /** Read class of the stream. Default `immediate`. */
  readonly readClass?: ReadClass;
  /** Policy for a slow sink. Default `wait`: the endpoint is slowed down, and no samples are lost. */
  readonly policy?: SinkOptions['policy'];
  /** Called with the lease before the endpoint knows of it. */
  readonly onLease?: (lease: Lease) => void;
}

const PLAY_RULES: Rules<PlayVoicemailOptions> = { clock: CLOCK, signal: abortSignal };
const RULES: Rules<ReceiveVoicemailOptions> = {
  ...PLAY_RULES,
  readClass: READ_CLASS,
  policy: oneOf(...POLICIES),
  onLease: callback,
};
const TARGET = oneOf('sound-card', 'call');
const SINK = having('write', 'end');

/** A received message. */
export interface ReceivedVoicemail {
  /** Number of samples written to the sink, including silence for dropped samples. */
  readonly samples: number;
  /** Account of these samples. */
  readonly ledger: LegLedger;
}

/** Constant part of the time limit of a playback, in ms. The other part is 1.5 times the length of the message. */
const PLAY_GRACE_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const AFTER_PLAYBACK = ['PLAYED', 'UPLOADED', 'RECORDED'] as const;

/**
 * Plays a voicemail on the endpoint's sound card, or into its current call, where both parties hear it. Downloads it
 * first if needed. Resolves at the end of the playback.
 *
 * @throws ERR_VOICEMAIL_FAILED with its failure reason; ERR_API 531 when it cannot be played at the moment;
 * ERR_TIMEOUT; ERR_ABORTED.
 */
export async function playVoicemail(
  voicemail: Voicemail,
  to: 'sound-card' | 'call',
  options: PlayVoicemailOptions = {},
): Promise<void> {
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  checkArgument('to', to, TARGET);
  checkOptions(options, PLAY_RULES);
  const start = () => (to === 'call' ? voicemail.startPlaybackInCall() : voicemail.startPlayback());
  await fetchAudio(voicemail, options);
  await playToEnd(voicemail, start, options);
}

/**
 * Plays a voicemail through a port of `server`, and writes exactly its samples to `sink`. The sound card stays silent.
 * Resolves when the sink has ended.
 *
 * @throws as {@link playVoicemail} and {@link openVoicemailPort}; ERR_SINK when the sink fails; ERR_PEER when the
 * connection is lost.
 */
export async function receiveVoicemail(
  client: Client,
  voicemail: Voicemail,
  server: PcmServer,
  sink: PcmSink,
  options: ReceiveVoicemailOptions = {},
): Promise<ReceivedVoicemail> {
  checkArgument('client', client, CLIENT);
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  checkArgument('server', server, SERVER);
  checkArgument('sink', sink, SINK);
  checkOptions(options, RULES);
  const account = new LedgerSink(sink);
  await receiveInto(client, voicemail, server, account, options);
  return { samples: account.length, ledger: account.ledger };
}

/** As {@link receiveVoicemail}, but the caller has the account of the samples also after an error. */
export async function receiveInto(
  client: Client,
  voicemail: Voicemail,
  server: PcmServer,
  account: LedgerSink,
  options: ReceiveVoicemailOptions,
): Promise<void> {
  const { signal, readClass = 'immediate', policy = 'wait', onLease } = options;
  const limits = signal ? { signal } : {};
  await fetchAudio(voicemail, options);
  const failed: Error[] = [];
  let feed: SinkHandle | undefined;
  const lease = await openVoicemailPort(client, voicemail, server, 'OUTPUT', {
    readClass,
    ...limits,
    onLease: (opened) => {
      account.follow(opened.received);
      opened.on('sink-failed', (_, error) => failed.push(error));
      feed = opened.addSink(account, { policy, name: 'voicemail' });
      return onLease?.(opened);
    },
  });
  try {
    await playToEnd(voicemail, () => voicemail.startPlayback(limits), options);
    // An endpoint may keep the connection for the next playback. Clearing the redirection flushes and closes it. An
    // endpoint that has closed it may refuse.
    await voicemail.output.clear().catch(() => undefined);
    const reason = await lease.closed;
    if (reason.kind !== 'peer-ended' && reason.kind !== 'closed') throw closeError(reason);
    const [error] = failed;
    if (error) throw new JackfieldError('ERR_SINK', `The sink failed: ${error.message}`, { cause: error });
  } finally {
    await lease.close();
    // An aborted lease is closed before its sink has ended.
    await feed?.done.catch(() => undefined);
  }
}

/**
 * Prepares a playback from the beginning. Redirect streams afterwards: a current playback would use the redirection.
 *
 * @throws as {@link playVoicemail}.
 */
export async function fetchAudio(
  voicemail: Voicemail,
  { clock = systemClock, signal }: PlayVoicemailOptions,
): Promise<void> {
  const what = `Downloading voicemail ${voicemail.id}`;
  await withinTime({ clock, ms: DOWNLOAD_TIMEOUT_MS, what, signal }, (both) =>
    downloadVoicemail(voicemail, { signal: both }),
  );
  if (voicemail.state?.phase !== 'playing') return;
  // Another process plays it, or has left it playing. A redirection now would start in the middle of the message.
  const until = { clock, ms: await longestPlaybackMs(voicemail), what: 'Another playback', signal };
  await withinTime(until, (both) => reachedOne(voicemail, AFTER_PLAYBACK, { signal: both }));
}

async function longestPlaybackMs(voicemail: Voicemail): Promise<number> {
  const seconds = Number(await voicemail.text('DURATION'));
  return PLAY_GRACE_MS + (seconds > 0 ? seconds * 1500 : 0);
}

/** Starts a playback and waits for its end. @throws as {@link playVoicemail}. */
export async function playToEnd(
  voicemail: Voicemail,
  start: () => Promise<void>,
  { clock = systemClock, signal }: PlayVoicemailOptions,
): Promise<void> {
  const ms = await longestPlaybackMs(voicemail);
  const what = `Playing voicemail ${voicemail.id}`;
  try {
    await withinTime({ clock, ms, what, signal }, (both) =>
      reachAfter(voicemail, start, AFTER_PLAYBACK, { signal: both }),
    );
  } catch (error) {
    // Stop the playback on the endpoint as well, unless it has ended meanwhile.
    if (voicemail.state?.phase === 'playing') await voicemail.stopPlayback().catch(() => undefined);
    throw error;
  }
}
