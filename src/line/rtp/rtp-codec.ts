import { checkArgument, whole, words } from '../../base/check.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { decodeG711Into, encodeG711, type G711Law } from '../../voice/codec/g711.js';

/** Codecs of a session, by the names that `a=rtpmap` gives them (RFC 3551, RFC 7587). */
export type RtpCodecName = 'PCMU' | 'PCMA' | 'G722' | 'opus';
export const RTP_CODECS: readonly RtpCodecName[] = ['PCMU', 'PCMA', 'G722', 'opus'];

/** Codec as a session description offers it. */
export interface RtpCodec {
  readonly name: RtpCodecName;
  /** Payload type in an offer. A peer may use another one for those above 95. */
  readonly payloadType: number;
  /** In Hz, as in `a=rtpmap`: 8000 for G.722, though it carries 16 kHz. It is the unit of the timestamps. */
  readonly clockRate: number;
  /** As in `a=rtpmap`; absent for 1. */
  readonly channels?: number;
  /** Text of `a=fmtp`, when the codec needs one. */
  readonly fmtp?: string;
}

/** Turns payloads into samples of one stream, in order. */
export interface VoiceDecoder {
  /**
   * Decodes a payload. The samples may be a view of memory that the next call overwrites.
   *
   * @throws ERR_ENCODER for a damaged payload.
   */
  decode(payload: Uint8Array): Int16Array;
}

/** Turns samples of a stream into payloads. */
export interface VoiceEncoder {
  /** Encodes the samples of one packet. */
  encode(samples: Int16Array): Uint8Array;
}

/** Codec with its decoder, its encoder and its limits. */
export interface CodecMake extends RtpCodec {
  /** Sample rate in Hz: 8000 or 16000. */
  readonly sampleRate: number;
  /** Longest payload of 60 ms, in bytes. */
  readonly maxBytes: number;
  /** Length of a payload's voice, in samples at 16 kHz, without decoding it. */
  lengthOf(payload: Uint8Array): number;
  decoder(): Promise<VoiceDecoder>;
  encoder(): Promise<VoiceEncoder>;
}

/** Codecs with the payload types of RFC 3551, section 6; the one of Opus is our own choice. */
const MAKES: Readonly<Record<RtpCodecName, CodecMake>> = {
  PCMU: g711('PCMU', 0, 'mulaw'),
  PCMA: g711('PCMA', 8, 'alaw'),
  G722: {
    name: 'G722',
    payloadType: 9,
    clockRate: 8000,
    sampleRate: 16_000,
    maxBytes: 480,
    lengthOf: ({ length }) => 2 * length,
    async decoder() {
      const { G722Decoder } = await import('../../voice/codec/g722.js');
      return new G722Decoder();
    },
    async encoder() {
      const { G722Encoder } = await import('../../voice/codec/g722.js');
      return new G722Encoder();
    },
  },
  opus: {
    name: 'opus',
    payloadType: 111,
    clockRate: 48_000,
    channels: 2,
    fmtp: 'maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=0',
    sampleRate: 16_000,
    maxBytes: 1275 * 3,
    lengthOf: opusLength,
    async decoder() {
      const { OpusDecoder } = await import('../../voice/codec/opus.js');
      return OpusDecoder.create({ format: VOICE_FORMAT });
    },
    async encoder() {
      const { OpusEncoder } = await import('../../voice/codec/opus.js');
      return OpusEncoder.create({ format: VOICE_FORMAT });
    },
  },
};

const CLOCK_RATE = whole(0, 0xffffffff, 'Hz');

/**
 * Finds a codec by its name, in upper or lower case.
 *
 * @param clockRate In Hz. Default: any.
 * @returns undefined when the codec is not known, or has another clock rate.
 * @throws ERR_INVALID_ARG
 */
export function findRtpCodec(name: string, clockRate?: number): RtpCodec | undefined {
  checkArgument('name', name, words);
  if (clockRate !== undefined) checkArgument('clockRate', clockRate, CLOCK_RATE);
  return codecNamed(name, clockRate);
}

/** Finds the codec that a peer's description names. The values may be of any type. @internal */
export function codecNamed(name: unknown, clockRate?: unknown): RtpCodec | undefined {
  const make = makeOf(String(name));
  return make && (clockRate === undefined || clockRate === make.clockRate) ? offered(make) : undefined;
}

/** @internal */
export function makeOf(name: string): CodecMake | undefined {
  const known = RTP_CODECS.find((each) => each.toLowerCase() === name.toLowerCase());
  return known && MAKES[known];
}

/** Returns the part of a codec that a description shows. */
export function offered({ name, payloadType, clockRate, channels, fmtp }: CodecMake): RtpCodec {
  return { name, payloadType, clockRate, ...(channels && { channels }), ...(fmtp && { fmtp }) };
}

/** Length of an Opus packet by its first byte (RFC 6716, section 3.1), in samples at 16 kHz. */
function opusLength(payload: Uint8Array): number {
  const [first = 0, second = 0] = payload;
  const config = first >> 3;
  const lengths = config < 12 ? [10, 20, 40, 60] : config < 16 ? [10, 20, 10, 20] : [2.5, 5, 10, 20];
  const code = first & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : second & 0x3f;
  return 16 * frames * (lengths[config & 3] ?? 20);
}

function g711(name: RtpCodecName, payloadType: number, law: G711Law): CodecMake {
  return {
    name,
    payloadType,
    clockRate: 8000,
    sampleRate: 8000,
    maxBytes: 480,
    lengthOf: ({ length }) => 2 * length,
    decoder: async () => new G711Decoder(law),
    encoder: async () => ({ encode: (samples) => encodeG711(samples, law) }),
  };
}

/**
 * Decodes payloads of equal length into the same memory: with thousands of streams, each has fifty payloads a second.
 */
class G711Decoder implements VoiceDecoder {
  readonly #law: G711Law;
  #samples = new Int16Array();

  constructor(law: G711Law) {
    this.#law = law;
  }

  decode(payload: Uint8Array): Int16Array {
    if (this.#samples.length !== payload.length) this.#samples = new Int16Array(payload.length);
    decodeG711Into(this.#samples, payload, this.#law);
    return this.#samples;
  }
}
