import type { CodecMake, VoiceDecoder } from '../rtp/rtp-codec.js';
import type { SourcePacket } from '../rtp/rtp-source.js';

/** Payload type of comfort noise (RFC 3389, section 5.1). */
export const COMFORT_NOISE = 13;

/** The codec of what comes now, and the state of its decoder. */
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

  /** Payloads that the decoder refused. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Position of a packet's first sample, at the codec's rate. */
  positionOf({ timestamp }: SourcePacket): number {
    return Math.round(timestamp * this.#samplesPerUnit);
  }

  /** Length of a packet's voice, in samples at 16 kHz. */
  lengthOf({ payload, payloadType }: SourcePacket): number {
    return payloadType === COMFORT_NOISE ? 0 : this.make.lengthOf(payload);
  }

  isComfort({ payloadType }: SourcePacket): boolean {
    return payloadType === COMFORT_NOISE;
  }

  /** Samples of a packet; none where it is damaged. They may be views of memory that is used again. */
  decode({ payload }: SourcePacket): Int16Array {
    try {
      return this.#decoder.decode(payload);
    } catch {
      this.#damaged++;
      return new Int16Array();
    }
  }
}
