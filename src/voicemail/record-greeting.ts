import {
  signal as abortSignal,
  checkArgument,
  checkOptions,
  line,
  type Rules,
  within,
} from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { CLOCK, type Clock, sleep, systemClock } from '../base/time/clock.js';
import { fired } from '../base/wait.js';
import type { Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import { SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { INPUT, MessageInput, type VoicemailInput } from './message-input.js';
import { reachAfter, reachedOne, withinTime } from './voicemail-waits.js';

/** Options of {@link recordGreeting}. */
export interface RecordGreetingOptions {
  /** Source of the recording. Default: the endpoint's microphone, for `maxMs`. */
  readonly from?: VoicemailInput;
  /** Server that leases the port for the audio. Needed for a file or PCM. */
  readonly server?: PcmServer;
  /** Longest greeting, in milliseconds: 1 to 3,600,000. The endpoint has its own limit. Default 60,000. */
  readonly maxMs?: number;
  /** Ends the recording and keeps it. */
  readonly stop?: AbortSignal;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

const RULES: Rules<RecordGreetingOptions> = {
  from: INPUT,
  server: SERVER,
  maxMs: within(1, 3_600_000, 'ms'),
  stop: abortSignal,
  clock: CLOCK,
  signal: abortSignal,
};
const HANDLE = line(1, 1000);

/** Silence after the last sample, so that the endpoint can empty its buffers, in ms. */
const TAIL_MS = 300;
const UPLOAD_TIMEOUT_MS = 120_000;

/** Finds the greeting for callers who leave a voicemail for `handle`. @throws ERR_UNSUPPORTED when there is none. */
export async function greetingOf(client: Client, handle: string): Promise<Voicemail> {
  checkArgument('client', client, CLIENT);
  checkArgument('handle', handle, HANDLE);
  const [id] = await client.search('GREETING', handle);
  if (id === undefined)
    throw new JackfieldError('ERR_UNSUPPORTED', `The endpoint has no greeting of ${handle}.`);
  return client.voicemail(id);
}

/**
 * Records the account's own greeting and uploads it.
 *
 * @throws ERR_API 531 when the endpoint does not record greetings; ERR_VOICEMAIL_FAILED; ERR_UNSUPPORTED below protocol
 * 8, unless `from` is the microphone; ERR_ABORTED; ERR_TIMEOUT.
 */
export async function recordGreeting(
  client: Client,
  options: RecordGreetingOptions = {},
): Promise<Voicemail> {
  checkArgument('client', client, CLIENT);
  checkOptions(options, RULES);
  const { from = 'microphone', server, maxMs = 60_000, clock = systemClock, stop, signal } = options;
  const limits = signal ? { signal } : {};
  const greeting = await greetingOf(client, await client.parameters.get('CURRENTUSERHANDLE'));
  const input = await MessageInput.open(client, { from, server, clock });
  const done = new AbortController();
  const until = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  try {
    await input.prepare(greeting, until);
    await reachAfter(greeting, () => greeting.startRecording(limits), ['RECORDING'], limits);
    const over = reachedOne(greeting, ['RECORDED', 'UPLOADING', 'UPLOADED'], { signal: until });
    await Promise.race([
      input.say(greeting, until).then(() => sleep(clock, TAIL_MS, limits)),
      sleep(clock, maxMs, { signal: until }),
      ...(stop ? [fired(stop)] : []),
      // The endpoint may reach its own limit, or fail.
      over,
    ]);
    if (greeting.state?.phase === 'recording') await greeting.stopRecording(limits);
    const what = 'Uploading the greeting';
    await withinTime({ clock, ms: UPLOAD_TIMEOUT_MS, what, signal }, async (both) => {
      await over;
      await reachedOne(greeting, ['UPLOADED'], { signal: both });
    });
    return greeting;
  } finally {
    done.abort();
    await input.close();
  }
}
