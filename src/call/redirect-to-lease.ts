import { abortedError } from '../base/errors.js';
import type { VoiceStream } from '../control/call/voice-stream.js';
import { ApiError } from '../protocol/api-error.js';
import type { StreamTarget } from '../protocol/stream-target.js';
import type { Lease } from '../tcp/lease.js';

/** Options of {@link redirectToLease}. */
export interface RedirectOptions {
  readonly signal?: AbortSignal;
  /** Targets that are connected as well as the port. */
  readonly beside?: readonly StreamTarget[];
  /** Called when the endpoint has taken the command: other programs find the stream redirected from then on. */
  readonly taken?: () => void;
}

/**
 * Has the endpoint connect a voice stream of a call or a voicemail to a leased port. Sinks that must not miss a sample
 * are added before. When it fails or is cancelled, the lease is closed and the redirection is removed again, since the
 * endpoint may have taken the command, or may take it later.
 *
 * @throws ERR_API 589 (call) or 592 (voicemail) when the endpoint cannot connect; what {@link Lease.claimed} throws.
 */
export async function redirectToLease(
  stream: VoiceStream,
  lease: Lease,
  { beside = [], signal, taken }: RedirectOptions = {},
): Promise<Lease> {
  const limits = signal ? { signal } : {};
  let asked = false;
  try {
    // A redirection that was never asked for is not taken away below.
    if (signal?.aborted) throw abortedError(`${lease.object} ${lease.stream}`, signal);
    asked = true;
    await stream.set([...beside, { kind: 'port', port: lease.port }], limits);
    taken?.();
    await lease.claimed(limits);
    return lease;
  } catch (error) {
    await lease.close();
    // An endpoint that refused has changed nothing. The answer is not awaited: the endpoint may never answer.
    if (asked && !(error instanceof ApiError)) void letGoOf(stream, lease.port).catch(() => undefined);
    throw error;
  }
}

/** Longest wait for an endpoint to say where a stream leads, in milliseconds. */
const ASK_TIMEOUT_MS = 1000;

/**
 * Removes a redirection, unless the stream leads elsewhere by now: another program may have redirected it since.
 *
 * @param port Port that the stream was redirected to.
 * @throws ERR_API and others, as of {@link VoiceStream.clear}.
 */
export async function letGoOf(stream: VoiceStream, port: number): Promise<void> {
  const targets = await stream.get({ timeoutMs: ASK_TIMEOUT_MS }).catch(() => undefined);
  const ports = (targets ?? []).flatMap((target) => (target.kind === 'port' ? [target.port] : []));
  // Without a port yet, the endpoint may take the command later.
  if (ports.length === 0 || ports.includes(port)) await stream.clear();
}
