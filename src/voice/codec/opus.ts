import { checkArgument, checkOptions, needed, object, oneOf, type Rules, within } from '../../base/check.js';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES, type PcmFormat, SAMPLES } from '../../base/pcm.js';

/** Sample rates that Opus codes, in Hz (RFC 6716, section 2). */
export const OPUS_RATES = [8000, 12_000, 16_000, 24_000, 48_000] as const;

/** Lengths of a frame, in milliseconds. */
const FRAME_MS = [2.5, 5, 10, 20, 40, 60] as const;

const CTL_GET_LOOKAHEAD = 4027;

export interface OpusOptions {
  /** 1 or 2 channels at one of {@link OPUS_RATES}. */
  readonly format: PcmFormat;
}

export interface OpusEncoderOptions extends OpusOptions {
  /** In bits per second: 6000 to 510000. Default: chosen by libopus for the format. */
  readonly bitrate?: number;
  /** Use that the codec is tuned for. Default `'voip'`. */
  readonly application?: 'voip' | 'audio' | 'restricted_lowdelay';
}

const RULES: Rules<OpusOptions> = { format: needed(object) };
const ENCODER_RULES: Rules<OpusEncoderOptions> = {
  ...RULES,
  bitrate: within(6000, 510_000, 'bit/s'),
  application: oneOf('voip', 'audio', 'restricted_lowdelay'),
};
const RATE = oneOf(...OPUS_RATES);
const CHANNELS = oneOf(1, 2);

type Native = typeof import('@evan/opus');

/** Encodes frames of PCM as Opus packets with libopus. */
export class OpusEncoder {
  readonly format: PcmFormat;
  /** Delay of the decoded sound, in samples per channel at the format's rate. */
  readonly lookahead: number;
  readonly #native: InstanceType<Native['Encoder']>;

  private constructor(native: Native, options: OpusEncoderOptions) {
    const { bitrate, application = 'voip' } = options;
    this.format = opusFormat(options.format);
    this.#native = new native.Encoder({ ...nativeFormat(this.format), application });
    if (bitrate !== undefined) this.#native.bitrate = bitrate;
    this.lookahead = this.#native.ctl(CTL_GET_LOOKAHEAD);
  }

  /** Loads libopus. @throws ERR_INVALID_ARG for a format or option out of range. */
  static async create(options: OpusEncoderOptions): Promise<OpusEncoder> {
    checkOptions(options, ENCODER_RULES);
    return new OpusEncoder(await import('@evan/opus'), options);
  }

  /** One packet from interleaved samples of 2.5, 5, 10, 20, 40 or 60 ms. @throws ERR_INVALID_ARG for other lengths. */
  encode(frame: Int16Array): Uint8Array {
    checkArgument('frame', frame, SAMPLES);
    const { sampleRate, channels } = this.format;
    const ms = (frame.length * 1000) / (sampleRate * channels);
    if (!FRAME_MS.some((allowed) => allowed === ms)) {
      throw invalidArgument('frame', `of ${FRAME_MS.join(', ')} ms`, `${ms} ms`);
    }
    // The packet lies in memory that the next call reuses.
    return this.#native.encode(frame).slice();
  }
}

/** Decodes Opus packets with libopus. */
export class OpusDecoder {
  readonly format: PcmFormat;
  readonly #native: InstanceType<Native['Decoder']>;

  private constructor(native: Native, options: OpusOptions) {
    this.format = opusFormat(options.format);
    this.#native = new native.Decoder(nativeFormat(this.format));
  }

  /** Loads libopus. @throws ERR_INVALID_ARG for a format that Opus does not have. */
  static async create(options: OpusOptions): Promise<OpusDecoder> {
    checkOptions(options, RULES);
    return new OpusDecoder(await import('@evan/opus'), options);
  }

  /** Interleaved samples of one packet. @throws ERR_ENCODER when it is damaged. */
  decode(packet: Uint8Array): Int16Array {
    checkArgument('packet', packet, BYTES);
    try {
      const bytes = this.#native.decode(packet).slice();
      return new Int16Array(bytes.buffer, 0, bytes.length / 2);
    } catch (cause) {
      throw new JackfieldError('ERR_ENCODER', `Cannot decode the Opus packet: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

function opusFormat({ sampleRate, channels }: PcmFormat): PcmFormat {
  checkArgument('sampleRate', sampleRate, RATE);
  checkArgument('channels', channels, CHANNELS);
  return Object.freeze({ sampleRate, channels });
}

function nativeFormat({ sampleRate, channels }: PcmFormat) {
  return {
    channels: channels as 1 | 2,
    sample_rate: sampleRate as (typeof OPUS_RATES)[number],
  };
}
