import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  given,
  oneOf,
  type Rules,
  whole,
} from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { redirectToLease } from '../call/redirect-to-lease.js';
import type { VoiceStream, VoiceStreamName } from '../control/call/voice-stream.js';
import { LIVE_VOICEMAIL, type Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import { type Lease, type LeaseOptions, SERVER } from '../tcp/lease.js';
import { READ_CLASS } from '../tcp/lease-options.js';
import type { PcmServer } from '../tcp/pcm-server.js';

/**
 * Lowest protocol for redirection of a voicemail's streams (since API 3.5.0.202; reference, "ALTER VOICEMAIL
 * SET_INPUT").
 */
const REDIRECTION_PROTOCOL = 8;

const STREAMS = {
  INPUT: { stream: 'input', direction: 'send' },
  OUTPUT: { stream: 'output', direction: 'receive' },
  CAPTURE_MIC: { stream: 'capture_mic', direction: 'receive' },
} as const;

/** Options of {@link openVoicemailPort}. */
export interface VoicemailPortOptions extends Pick<LeaseOptions, 'readClass' | 'timeline' | 'leadMs'> {
  /** Called before the endpoint knows the lease. Sinks added here miss no samples. */
  readonly onLease?: (lease: Lease) => void;
  readonly signal?: AbortSignal;
}

const NAME = oneOf(...Object.keys(STREAMS));
const RULES: Rules<VoicemailPortOptions> = {
  readClass: READ_CLASS,
  timeline: given,
  leadMs: whole(20, 1000, 'ms'),
  onLease: callback,
  signal: abortSignal,
};

/**
 * Redirects one stream of a voicemail to a leased port. OUTPUT delivers the playback, INPUT takes the audio to record.
 * The lease ends with the playback or recording, or when it is closed.
 *
 * @throws ERR_UNSUPPORTED when client and endpoint speak a protocol below 8; ERR_API 592 when the endpoint cannot
 * connect; ERR_PORT, ERR_LIMIT from the server; ERR_ABORTED.
 */
export async function openVoicemailPort(
  client: Client,
  voicemail: Voicemail,
  server: PcmServer,
  name: VoiceStreamName,
  options: VoicemailPortOptions = {},
): Promise<Lease> {
  checkArgument('client', client, CLIENT);
  checkArgument('voicemail', voicemail, LIVE_VOICEMAIL);
  checkArgument('server', server, SERVER);
  checkArgument('name', name, NAME);
  checkOptions(options, RULES);
  const { onLease, signal, ...leaseOptions } = options;
  const stream = voicemailStream(client, voicemail, name);
  const lease = await server.lease({
    object: `VOICEMAIL ${voicemail.id}`,
    ...STREAMS[name],
    ...leaseOptions,
  });
  await onLease?.(lease);
  return redirectToLease(stream, lease, signal ? { signal } : {});
}

/** Finds the stream of this name, for a redirection. @throws ERR_UNSUPPORTED below protocol 8. */
export function voicemailStream(client: Client, voicemail: Voicemail, name: VoiceStreamName): VoiceStream {
  requireRedirection(client);
  return { INPUT: voicemail.input, OUTPUT: voicemail.output, CAPTURE_MIC: voicemail.captureMic }[name];
}

/** @throws ERR_UNSUPPORTED when the streams of voicemails cannot be redirected. */
export function requireRedirection({ protocol }: Client): void {
  if (protocol >= REDIRECTION_PROTOCOL) return;
  throw new JackfieldError(
    'ERR_UNSUPPORTED',
    `Redirecting voicemail streams needs protocol ${REDIRECTION_PROTOCOL} or newer (API 3.5.0.202), but this ` +
      `client uses protocol ${protocol}: attach with protocol ${REDIRECTION_PROTOCOL}, or use ` +
      'the sound card.',
  );
}
