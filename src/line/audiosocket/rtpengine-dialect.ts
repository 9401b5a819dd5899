import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import type { MediaEvent, MediaRole, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeAudio, KNOWN_RATES } from '../dialect/wire-audio.js';

const MAX_METADATA = 8192;

/** TCP forwarding of rtpengine's recording daemon: metadata that ends with NUL, then samples to the end. */
export const RTPENGINE: Dialect = {
  name: 'rtpengine',
  title: "rtpengine's --tcp-send-to",
  transport: 'tcp',
  subprotocols: [],
  variants: [],
  format: { encoding: 's16', sampleRate: 8000, channels: 1 },
  rates: { s16: KNOWN_RATES, s16be: KNOWN_RATES },
  stereo: 'channels',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: false,
  says: { provider: ['start', 'audio', 'end'], application: ['end'] },
  notes: {
    start: 'metadata as one text; sample rate and byte order come from the configuration of rtpengine',
    audio: 'to the application only',
    end: 'by closing',
  },
  codec: (role, options) => new RtpengineCodec(role, options),
};

class RtpengineCodec implements MediaCodec {
  readonly #role: MediaRole;
  readonly #options: CodecOptions;
  readonly #audio: AudioBytes;
  #head: Uint8Array | undefined = new Uint8Array(0);

  constructor(role: MediaRole, options: CodecOptions) {
    this.#role = role;
    this.#options = options;
    this.#audio = new AudioBytes(options.format.encoding, options.format.channels);
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message === 'string' || this.#role === 'provider')
      throw new JackfieldError(
        'ERR_SYNTAX',
        'The application sends nothing to rtpengine on this connection.',
      );
    const events: MediaEvent[] = [];
    let bytes: Uint8Array = message;
    if (this.#head) {
      const joined: Uint8Array = Buffer.concat([this.#head, message]);
      const end = joined.indexOf(0);
      if (end > MAX_METADATA || (end < 0 && joined.length > MAX_METADATA))
        throw new JackfieldError(
          'ERR_LIMIT',
          `The metadata of rtpengine is longer than ${MAX_METADATA} bytes.`,
        );
      if (end < 0) {
        this.#head = joined;
        return [];
      }
      this.#head = undefined;
      events.push(startOf(Buffer.from(joined.subarray(0, end)).toString('utf8'), this.#options));
      bytes = joined.subarray(end + 1);
    }
    const samples = this.#audio.push(bytes);
    const { sampleRate, channels } = this.#options.format;
    if (samples.length > 0) events.push({ type: 'audio', samples, sampleRate, channels });
    return events;
  }

  write(event: MediaEvent): readonly WireMessage[] {
    if (this.#role === 'application') return [];
    if (event.type === 'start') return [Buffer.from(`${event.id.replaceAll('\0', '')}\0`)];
    return event.type === 'audio' ? [encodeAudio(event.samples, this.#options.format.encoding)] : [];
  }
}

function startOf(metadata: string, { format }: CodecOptions): MediaEvent {
  return { type: 'start', id: metadata, format, parameters: { metadata } };
}
