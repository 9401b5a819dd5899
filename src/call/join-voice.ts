import { rule } from '../base/check.js';
import type { Call } from '../control/call/call.js';
import type { Lease, StreamKind } from '../tcp/lease.js';

/** Way to get on with other programs that redirect the same calls. */
export interface VoiceJoiner {
  /**
   * Joins the voice that leads to a port; resolves to undefined when the program that has the port does not share it.
   * Default: no voice is joined; one that another program has is not available.
   *
   * @param options.speak True to be the one who speaks in the call.
   * @throws ERR_TAKEN when somebody else speaks in it; ERR_ABORTED.
   */
  join?(
    call: Call,
    port: number,
    options: { readonly speak: boolean; readonly signal: AbortSignal },
  ): Promise<JoinedVoice | undefined>;
  /**
   * Waits until no other program is about to redirect the call, so that one of them redirects it and the others find it
   * redirected. The turn lasts until what is returned is called. Default: no turns are taken.
   *
   * @throws ERR_ABORTED.
   */
  turn?(call: Call, signal: AbortSignal): Promise<() => Promise<void>>;
}

/** Place of a stream here in what an endpoint sends to a port. */
export interface PortPlace {
  readonly port: number;
  /** Position there of the first sample of the stream, in samples. */
  readonly from: number;
}

/** The voice of a call that another program has, from now on. */
export interface JoinedVoice {
  /**
   * True where `capture_mic` is what the other program plays, paced by `output`: samples at the same position of both
   * leases are simultaneous. False where it is a microphone: when its samples come tells where they belong.
   */
  readonly paced: boolean;
  /** Place of `output` in what the endpoint sends to the other program. Default: it is not known. */
  readonly outputPlace?: PortPlace;
  /**
   * Brings a stream to a lease ({@link Lease.feed}), at its positions: what is lost on the way shows there. Resolves
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
export const JOINER = rule('an object with a function join or turn', (value) => {
  const { join, turn } = Object(value) as Partial<VoiceJoiner>;
  return [join, turn].some((each) => typeof each === 'function');
});
