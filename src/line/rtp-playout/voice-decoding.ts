import type { CodecMake, VoiceDecoder } from '../rtp/rtp-codec.js';
import type { SourcePacket } from '../rtp-receive/rtp-source.js';

/** Payload type of comfort noise (RFC 3389, section 5.1). */
export const COMFORT_NOISE = 13;

/** Codec of the current packets, and the state of its decoder. */
export class VoiceDecoding {
  readonly make: CodecMake;
  readonly sampleRate: number;
  readonly #decoder: VoiceDecoder;
  readonly #samplesPerUnit: number;
  #damaged = 0;

  constructor(make: CodecMake, decoder: VoiceDecoder) {
    this.make = make;
    this.sampleRate = make.sampleRate;
    this.#decoder = decoder;
    this.#samplesPerUnit = make.sampleRate / make.clockRate;
  }

  /** Number of payloads that the decoder refused. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Returns the position of the first sample of a packet, at the rate of the codec. */
  positionOf({ timestamp }: SourcePacket): number {
    return Math.round(timestamp * this.#samplesPerUnit);
  }

  /** Returns the length of the voice of a packet, in samples at 16 kHz. */
  lengthOf({ payload, payloadType }: SourcePacket): number {
    return payloadType === COMFORT_NOISE ? 0 : this.make.lengthOf(payload);
  }

  isComfort({ payloadType }: SourcePacket): boolean {
    return payloadType === COMFORT_NOISE;
  }

  /** Returns the samples of a packet; none when it is damaged. They may be views of memory that is used again. */
  decode({ payload }: SourcePacket): Int16Array {
    try {
      return this.#decoder.decode(payload);
    } catch {
      this.#damaged++;
      return new Int16Array();
    }
  }
}
