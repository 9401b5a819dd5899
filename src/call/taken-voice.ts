import { JackfieldError } from '../base/errors.js';
import { type PortHolder, portHolder } from '../base/system/port-holder.js';
import { sleep, systemClock } from '../base/time/clock.js';
import type { Call } from '../control/call/call.js';
import type { VoiceStream } from '../control/call/voice-stream.js';
import type { StreamTarget } from '../protocol/stream-target.js';
import type { JoinedVoice, VoiceJoiner } from './join-voice.js';

/** Longest wait for an endpoint to say where a stream leads, in milliseconds. */
const ASK_TIMEOUT_MS = 1000;
/** Longest wait for an endpoint that is busy to answer at all. */
const BUSY_TIMEOUT_MS = 30_000;
/**
 * Time for which a program that joins others waits for them to redirect a ringing call, and time between two looks, in
 * ms.
 */
const OTHERS_BEGIN_MS = 500;
const LOOK_MS = 50;

/** Options of {@link joinOrFree}. */
export interface JoinOptions {
  readonly signal: AbortSignal;
  /** True to speak in the call as well. */
  readonly speak: boolean;
  /** Joins a voice that another program has redirected. Default: it is not joined. */
  readonly join: VoiceJoiner | undefined;
}

/**
 * Checks that no other program has redirected the other party's voice, or joins that program. An endpoint has one
 * redirection for each stream, and a second one would replace it. A port that no program holds any more counts as free,
 * since its program was killed. So does any port on systems that do not tell its holder.
 *
 * @returns the voice that was joined; undefined when the call's voice is free.
 * @throws ERR_TAKEN, with who has it.
 */
export async function joinOrFree(call: Call, options: JoinOptions): Promise<JoinedVoice | undefined> {
  const { signal, speak } = options;
  const join = options.join?.joins === 'to-speak' && !speak ? undefined : options.join;
  for (const port of await portsBefore(call, signal)) {
    const joined = await join?.join?.(call, port, { signal, speak });
    if (joined) return joined;
    const holder = await portHolder(port);
    if (!holder) continue;
    const advice = join?.join
      ? 'That program does not share the voice: end it first.'
      : 'Listen through that program (`listeners`, `record`; `--share` of a command), or end it first.';
    throw takenError(call, holder, advice);
  }
  return undefined;
}

/**
 * Checks whether another program has redirected a call since this program did.
 *
 * @param isOwn True for a port of this program.
 * @returns the error that names the other program; undefined when there is none.
 */
export async function takenFrom(
  call: Call,
  isOwn: (port: number) => boolean,
): Promise<JackfieldError | undefined> {
  if (call.over) return undefined;
  // Each stream is redirected separately: `input` may be taken before `output`.
  const streams = await Promise.all([call.output, call.input].map((stream) => portsOf(stream)));
  for (const port of streams.flat()) {
    const holder = isOwn(port) ? undefined : await portHolder(port);
    if (holder) return takenError(call, holder, 'Two programs cannot answer one call: end one of them.');
  }
  return undefined;
}

/**
 * Waits while the call rings, so that another program that learns of it at the same time can redirect it. To be called
 * before the turn is taken, for which the other one would wait.
 */
export async function letOthersBegin(call: Call, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < OTHERS_BEGIN_MS; waitedMs += LOOK_MS) {
    if (call.state?.phase !== 'placing' || (await portsOf(call.output, signal)).length > 0) return;
    // Two processes have no clock in common but the machine's.
    await sleep(systemClock, LOOK_MS, { signal });
  }
}

/** Ports that a stream of a call is redirected to. None when the endpoint does not answer the question. */
async function portsOf(stream: VoiceStream, signal?: AbortSignal): Promise<readonly number[]> {
  const options = { timeoutMs: ASK_TIMEOUT_MS, ...(signal && { signal }) };
  return portsIn(await stream.get(options).catch((): StreamTarget[] => []));
}

/**
 * As {@link portsOf}, for a stream that is about to be redirected: an endpoint that is late with its answer is asked
 * again once it answers about the call, since its silence does not mean that the stream is free. Some endpoints never
 * say where a stream leads.
 */
async function portsBefore(call: Call, signal: AbortSignal): Promise<readonly number[]> {
  try {
    return portsIn(await call.output.get({ timeoutMs: ASK_TIMEOUT_MS, signal }));
  } catch (error) {
    if (!(error instanceof JackfieldError) || error.code !== 'ERR_TIMEOUT') return [];
    await call.text('STATUS', { timeoutMs: BUSY_TIMEOUT_MS, signal }).catch(() => undefined);
    return await portsOf(call.output, signal);
  }
}

function portsIn(targets: readonly StreamTarget[]): readonly number[] {
  return targets.flatMap((target) => (target.kind === 'port' ? [target.port] : []));
}

function takenError(call: Call, { port, who }: PortHolder, advice: string): JackfieldError {
  const text = `The voice of call ${call.id} is redirected to port ${port}, of ${who}. ${advice}`;
  return new JackfieldError('ERR_TAKEN', text);
}
