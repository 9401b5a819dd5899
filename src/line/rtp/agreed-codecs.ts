import { COMFORT_NOISE, VoiceDecoding } from '../rtp-playout/voice-decoding.js';
import type { Agreed } from '../rtp-receive/packet-gate.js';
import { makeOf } from './rtp-codec.js';
import type { RtpConnection } from './rtp-options.js';

/** Lengths of the payload of events and of comfort noise, in bytes. Some senders put several events into a packet. */
const EVENT_BYTES = { least: 4, most: 64 };
const NOISE_BYTES = { least: 1, most: 64 };

/** Decoders of the payload types that were agreed on. */
export class AgreedCodecs {
  /** Decoders by payload type; replaced with each agreement. */
  #decodings: ReadonlyMap<number, VoiceDecoding> = new Map();
  #connection: RtpConnection | undefined;
  #last: VoiceDecoding | undefined;

  /** Decoder of the last packet; undefined before any. */
  get last(): VoiceDecoding | undefined {
    return this.#last;
  }

  /** Number of payloads that the decoders refused. */
  get damaged(): number {
    let damaged = 0;
    for (const decoding of this.#decodings.values()) damaged += decoding.damaged;
    return damaged;
  }

  /** Applies an agreement. Resolves when its decoders are loaded. */
  async agree(connection: RtpConnection): Promise<Agreed> {
    const { codec, payloadType, receivePayloadType = payloadType, accepts = [], telephoneEvent } = connection;
    const decodings = new Map<number, VoiceDecoding>();
    for (const each of [...accepts, { codec, payloadType: receivePayloadType }]) {
      const make = makeOf(each.codec);
      if (!make) continue;
      const known = this.#decodings.get(each.payloadType);
      const decoding = known?.make === make ? known : new VoiceDecoding(make, await make.decoder());
      decodings.set(each.payloadType, decoding);
    }
    const payloads = new Map([[COMFORT_NOISE, NOISE_BYTES]]);
    if (telephoneEvent) payloads.set(telephoneEvent.payloadType, EVENT_BYTES);
    for (const [type, { make }] of decodings) payloads.set(type, { least: 1, most: make.maxBytes });
    this.#decodings = decodings;
    this.#connection = connection;
    return { connection, payloads };
  }

  isEvent(payloadType: number): boolean {
    return payloadType === this.#connection?.telephoneEvent?.payloadType;
  }

  /** Returns the clock rate of a payload type, or that of the agreed codec, in Hz. */
  clockRateOf(payloadType: number): number {
    const { codec = 'PCMU' } = this.#connection ?? {};
    const make = this.#decodings.get(payloadType)?.make ?? makeOf(codec);
    return make?.clockRate ?? 8000;
  }

  /** Returns the decoder of a packet of voice. That of comfort noise is the one before it; undefined without any. */
  decodingOf(payloadType: number): VoiceDecoding | undefined {
    this.#last = this.#decodings.get(payloadType) ?? this.#last;
    return this.#last;
  }
}
