import type { Opening } from '../base/opening.js';
import type { Call } from '../control/call/call.js';
import type { VoiceStream } from '../control/call/voice-stream.js';
import type { Lease, StreamKind } from '../tcp/lease.js';
import type { JoinedVoice } from './join-voice.js';
import { letGoOf, redirectToLease } from './redirect-to-lease.js';
import { takenFrom } from './taken-voice.js';

/** Options of {@link Redirections}. */
interface RedirectionOptions {
  /** The voice, when another program has redirected it and shares it. */
  readonly joined: JoinedVoice | undefined;
  /** True to have the sound card's microphone sent beside the input. */
  readonly isMixed: boolean;
  /** Called before the endpoint learns of a lease. */
  readonly onLease: (lease: Lease, start: number) => Promise<void>;
  /** Called when the endpoint has redirected a stream, which it may dial much later. */
  readonly taken: () => void;
  readonly signal: AbortSignal;
}

const SOUND_CARD = { kind: 'soundcard', device: 'default' } as const;

/** Redirects the streams of a call one after the other. When the opening fails, the redirections are removed. */
export class Redirections {
  readonly #call: Call;
  readonly #opening: Opening;
  readonly #options: RedirectionOptions;
  readonly #streams: Readonly<Record<StreamKind, VoiceStream>>;
  readonly #leases: Lease[] = [];

  constructor(call: Call, opening: Opening, options: RedirectionOptions) {
    this.#call = call;
    this.#opening = opening;
    this.#options = options;
    this.#streams = { output: call.output, capture_mic: call.captureMic, input: call.input };
  }

  /**
   * Redirects the stream of a lease.
   *
   * @param start Place of the lease's position 0 on the call's time line, in samples.
   * @throws ERR_TAKEN
   */
  async add(lease: Lease, start: number): Promise<Lease> {
    const { joined, isMixed, onLease, taken, signal } = this.#options;
    const { stream } = lease;
    this.#opening.add(lease, (it) => it.close());
    await this.assertKept();
    this.#leases.push(lease);
    await onLease(lease, start);
    if (joined && stream !== 'input') {
      await joined.feed(stream, lease, { signal });
      return lease;
    }
    const of = this.#streams[stream];
    const beside = stream === 'input' && isMixed ? [SOUND_CARD] : [];
    await redirectToLease(of, lease, { signal, beside, taken });
    // The answer is not awaited: the endpoint may never answer.
    this.#opening.add(of, (it) => void (this.#call.over || letGoOf(it, lease.port).catch(() => undefined)));
    return lease;
  }

  /**
   * Fails when another program has redirected a stream since this one did. That program will redirect the other streams
   * too, and must not find them taken.
   *
   * @throws ERR_TAKEN
   */
  async assertKept(): Promise<void> {
    const leases = this.#leases;
    if (!leases.some(({ state: { status } }) => status === 'draining' || status === 'closed')) return;
    const taken = await takenFrom(this.#call, (port) => leases.some((lease) => lease.port === port));
    if (taken) throw taken;
  }
}
