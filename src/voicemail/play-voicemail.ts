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
  /** Measures the limit on the whole. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Stops the playback; it then rejects with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

/** Options of {@link receiveVoicemail}. */
export interface ReceiveVoicemailOptions extends PlayVoicemailOptions {
  /** Default `immediate`. */
  readonly readClass?: ReadClass;
  /** Policy for a sink that cannot keep up. Default `wait`: the endpoint is held back, and nothing is lost. */
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

/** A message that was received. */
export interface ReceivedVoicemail {
  /** That the sink was given, silence in place of what was given up included. */
  readonly samples: number;
  /** Account of each of them. */
  readonly ledger: LegLedger;
}

/** A playback may take half as long again as the message, and this much besides. */
const PLAY_GRACE_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const AFTER_PLAYBACK = ['PLAYED', 'UPLOADED', 'RECORDED'] as const;

/**
 * Plays a voicemail on the endpoint's sound card, or into the call that is in progress there, where both parties hear
 * it. Fetches it first, where it has to be. Resolves when it was played to the end.
 *
 * @throws ERR_VOICEMAIL_FAILED with its failure reason; ERR_API 531 when it cannot be played now; ERR_TIMEOUT;
 * ERR_ABORTED.
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
 * Plays a voicemail through a port of `server` and gives `sink` exactly its samples; the sound card stays silent.
 * Resolves when the sink has ended.
 *
 * @throws as {@link playVoicemail} and {@link openVoicemailPort}; ERR_SINK when the sink threw; ERR_PEER when the
 * connection broke.
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

/** The same, for a caller that has to know what came even where it throws. */
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
    // An endpoint may keep the connection for the next playback; taken away, it is flushed and closed. One that has
    // closed it may refuse.
    await voicemail.output.clear().catch(() => undefined);
    const reason = await lease.closed;
    if (reason.kind !== 'peer-ended' && reason.kind !== 'closed') throw closeError(reason);
    const [error] = failed;
    if (error) throw new JackfieldError('ERR_SINK', `The sink failed: ${error.message}`, { cause: error });
  } finally {
    await lease.close();
    // A lease that was aborted is closed before its sink has ended.
    await feed?.done.catch(() => undefined);
  }
}

/**
 * Has the audio ready to be played from its beginning. Streams are to be redirected afterwards: another playback that is
 * under way would take them.
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
  // Another process plays it just now, or one did that is gone. Audio from the middle of that would be cut off.
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
    // What was stopped here must not go on there; it may have ended by itself meanwhile.
    if (voicemail.state?.phase === 'playing') await voicemail.stopPlayback().catch(() => undefined);
    throw error;
  }
}
