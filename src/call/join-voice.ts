import { having } from '../base/check.js';
import type { Call } from '../control/state/call.js';
import type { Lease, StreamKind } from '../tcp/lease.js';

/** A way to the voice of a call that another program has redirected: that program shares it. */
export interface VoiceJoiner {
  /**
   * Joins the voice that leads to a port; resolves to undefined when whoever has the port does not share it.
   *
   * @param options.speak True to be the one who speaks in the call.
   * @throws ERR_TAKEN when somebody else speaks in it; ERR_ABORTED.
   */
  join(
    call: Call,
    port: number,
    options: { readonly speak: boolean; readonly signal: AbortSignal },
  ): Promise<JoinedVoice | undefined>;
}

/** The voice of a call that another program has, from now on. */
export interface JoinedVoice {
  /**
   * Has a stream sent to a lease, as an endpoint would; what is lost on the way becomes silence of that length. Resolves
   * when the lease is claimed. `capture_mic` is what the other program says, or its microphone.
   *
   * @throws ERR_CLOSED; ERR_ABORTED.
   */
  feed(
    stream: Exclude<StreamKind, 'input'>,
    lease: Lease,
    limits: { readonly signal: AbortSignal },
  ): Promise<void>;
  /** Leaves. The call, and the other program, go on. */
  close(): void;
}

/** The rule of an argument that is a {@link VoiceJoiner}. */
export const JOINER = having('join');
