import { rule } from '../base/check.js';
import type { Call } from '../control/call/call.js';
import type { Lease, StreamKind } from '../tcp/lease.js';

/** Coordination with other programs that redirect the same calls. */
export interface VoiceJoiner {
  /**
   * Joins the voice that is redirected to a port. Resolves to undefined when the program that has the port does not
   * share it. Without this method no voice is joined, and a call that another program has redirected is not available.
   *
   * @param options.speak True to speak in the call; only one program may.
   * @throws ERR_TAKEN when somebody else speaks in it; ERR_ABORTED.
   */
  join?(
    call: Call,
    port: number,
    options: { readonly speak: boolean; readonly signal: AbortSignal },
  ): Promise<JoinedVoice | undefined>;
  /**
   * Voices that are joined. `to-speak`: those in which this program speaks; it then lets no other program begin first.
   * Default `all`.
   */
  readonly joins?: 'all' | 'to-speak';
  /**
   * Waits until no other program is about to redirect the call. So one program redirects it, and the others find it
   * redirected. The turn lasts until the returned function is called. Default: no turns are taken.
   *
   * @throws ERR_ABORTED.
   */
  turn?(call: Call, signal: AbortSignal): Promise<() => Promise<void>>;
}

/** Place of a stream of this program in the stream that an endpoint sends to a port. */
export interface PortPlace {
  readonly port: number;
  /** Position there of the first sample of the stream, in samples. */
  readonly from: number;
}

/** The voice of a call that another program has redirected, from now on. */
export interface JoinedVoice {
  /**
   * True when `capture_mic` is the audio that the other program plays, paced by `output`. Samples at the same position
   * of both leases are then simultaneous. False when it is a microphone, whose place is found by the times of arrival.
   */
  readonly paced: boolean;
  /** Place of `output` in the stream that the endpoint sends to the other program. Absent when it is not known. */
  readonly outputPlace?: PortPlace;
  /**
   * Brings a stream to a lease ({@link Lease.feed}), at its positions, so a loss on the way shows as a gap. Resolves
   * when the lease is claimed. `capture_mic` is the audio that the other program plays, or its microphone.
   *
   * @throws ERR_CLOSED; ERR_ABORTED.
   */
  feed(
    stream: Exclude<StreamKind, 'input'>,
    lease: Lease,
    limits: { readonly signal: AbortSignal },
  ): Promise<void>;
  /**
   * Tells the other program what is played into the call, so that its recordings have it. Default: it is not told.
   *
   * @param start Position of the lease of `output` at which position 0 of `input` lies.
   */
  speak?(input: Lease, start: number): void;
  /** Leaves the voice. The call and the other program go on. */
  close(): void;
}

/** The rule of an argument that is a {@link VoiceJoiner}. */
export const JOINER = rule('an object with a function "join" or "turn', (value) => {
  const { join, turn } = Object(value) as Partial<VoiceJoiner>;
  return [join, turn].some((each) => typeof each === 'function');
});
