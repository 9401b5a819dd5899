import type { VoiceStream } from '../control/state/voice-stream.js';
import type { StreamTarget } from '../protocol/stream-target.js';
import type { Lease } from '../tcp/lease.js';

/**
 * Has the endpoint connect a voice stream, of a call or of a voicemail, to a leased port. Sinks that must not miss a
 * sample are added before. When it cannot be done the lease is closed. What is `beside` the port
 * goes on, or begins, to be connected too.
 *
 * @throws ERR_API 589 (call) or 592 (voicemail) when the endpoint cannot connect; what {@link Lease.claimed} throws.
 */
export async function redirectToLease(
  stream: VoiceStream,
  lease: Lease,
  options: { readonly signal?: AbortSignal; readonly beside?: readonly StreamTarget[] } = {},
): Promise<Lease> {
  try {
    await stream.set([...(options.beside ?? []), { kind: 'port', port: lease.port }], options);
    await lease.claimed(options);
    return lease;
  } catch (error) {
    await lease.close();
    throw error;
  }
}
