import { JackfieldError } from '../../base/errors.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import type { MediaEvent, MediaRole, WireMessage } from '../dialect/media-event.js';
import { decodeAudio } from '../dialect/wire-audio.js';

const WHAT = 'AudioSocket';
const HEAD = 3;
const MAX_PAYLOAD = 0xffff;

const KIND = { hangup: 0x00, id: 0x01, silence: 0x02, dtmf: 0x03, error: 0xff } as const;

/** Sample rates by the kind of the frame, in Hz. */
const RATES: Readonly<Record<number, number>> = {
  16: 8000,
  17: 12_000,
  18: 16_000,
  19: 24_000,
  20: 32_000,
  21: 44_100,
  22: 48_000,
  23: 96_000,
  24: 192_000,
};

const KINDS: ReadonlyMap<number, number> = new Map(
  Object.entries(RATES).map(([kind, rate]) => [rate, Number(kind)]),
);

/** Bits of an error frame. */
const ERRORS: readonly [bit: number, text: string][] = [
  [1, 'the call was hung up'],
  [2, 'a frame could not be forwarded'],
  [4, 'not enough memory'],
];

/** AudioSocket of Asterisk: frames of kind, length and payload on a TCP connection that Asterisk opens. */
export const AUDIOSOCKET: Dialect = {
  name: 'audiosocket',
  title: 'Asterisk AudioSocket()',
  transport: 'tcp',
  subprotocols: [],
  variants: [],
  format: { encoding: 's16', sampleRate: 8000, channels: 1 },
  rates: { s16: Object.values(RATES) },
  stereo: 'none',
  frame: { ms: 20, isExact: true },
  startsByConnecting: false,
  returnsClearedMarks: false,
  says: { provider: ['start', 'audio', 'dtmf', 'error', 'end'], application: ['audio', 'end'] },
  notes: {
    start: 'only the identity, a UUID; each audio frame gives its sample rate',
    clear: 'no command to clear: the application must not write ahead',
    mark: 'what was written is played when it arrives',
    dtmf: 'without a duration',
  },
  codec: (role, options) => new AudioSocketCodec(role, options),
};

class AudioSocketCodec implements MediaCodec {
  readonly #role: MediaRole;
  readonly #options: CodecOptions;
  #pending: Uint8Array = new Uint8Array(0);
  #isStarted = false;

  constructor(role: MediaRole, options: CodecOptions) {
    this.#role = role;
    this.#options = options;
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message === 'string') throw syntax('a text');
    const bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, message]) : message;
    const events: MediaEvent[] = [];
    let at = 0;
    for (let end = frameEnd(bytes, at); end <= bytes.length; end = frameEnd(bytes, at)) {
      const event = this.#frame(bytes[at] ?? 0, bytes.subarray(at + HEAD, end));
      if (event) events.push(event);
      at = end;
    }
    this.#pending = bytes.slice(at);
    return events;
  }

  write(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'audio') return audioFrames(event.samples, event.sampleRate);
    if (event.type === 'end') return [frame(KIND.hangup)];
    if (this.#role === 'application') return [];
    if (event.type === 'start') return [frame(KIND.id, bytesOfUuid(event.id))];
    if (event.type === 'dtmf') return [frame(KIND.dtmf, Buffer.from(event.digit.slice(0, 1), 'latin1'))];
    return event.type === 'error' ? [frame(KIND.error, Uint8Array.of(2))] : [];
  }

  #frame(kind: number, payload: Uint8Array): MediaEvent | undefined {
    if (kind === KIND.hangup) return { type: 'end' };
    if (this.#role === 'application' && kind === KIND.id) return this.#start(payload);
    if (this.#role === 'application' && !this.#isStarted)
      throw syntax(`a frame ${hex(kind)} before the identity`);
    const sampleRate = RATES[kind];
    if (sampleRate !== undefined) {
      if (payload.length < 2 && this.#role === 'provider') throw syntax('an audio frame without samples');
      return { type: 'audio', samples: decodeAudio(payload, 's16'), sampleRate, channels: 1 };
    }
    if (this.#role === 'provider') throw syntax(`a frame ${hex(kind)}, which only Asterisk sends`);
    if (kind === KIND.dtmf) return { type: 'dtmf', digit: digitOf(payload) };
    if (kind === KIND.error) return { type: 'error', message: errorOf(payload) };
    return { type: 'other', name: kind === KIND.silence ? 'silence' : hex(kind) };
  }

  #start(payload: Uint8Array): MediaEvent {
    if (this.#isStarted) throw syntax('a second identity');
    if (payload.length !== 16) throw syntax(`an identity of ${payload.length} bytes instead of 16`);
    this.#isStarted = true;
    return { type: 'start', id: uuidOf(payload), format: this.#options.format, parameters: {} };
  }
}

/** Returns the end of the frame at `at`; infinity when its length is not known yet. */
function frameEnd(bytes: Uint8Array, at: number): number {
  if (at + HEAD > bytes.length) return Number.POSITIVE_INFINITY;
  return at + HEAD + ((bytes[at + 1] ?? 0) << 8) + (bytes[at + 2] ?? 0);
}

function frame(kind: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD + payload.length);
  bytes[0] = kind;
  bytes[1] = payload.length >> 8;
  bytes[2] = payload.length;
  bytes.set(payload, HEAD);
  return bytes;
}

/**
 * Makes frames of audio, each no longer than the length field allows. It makes no empty frame, which would end the
 * call.
 */
function audioFrames(samples: Int16Array, sampleRate: number): Uint8Array[] {
  const kind = KINDS.get(sampleRate);
  if (kind === undefined)
    throw new JackfieldError('ERR_UNSUPPORTED', `AudioSocket has no audio of ${sampleRate} Hz.`);
  const bytes = bytesOfSamples(samples);
  const frames: Uint8Array[] = [];
  const step = MAX_PAYLOAD - 1;
  for (let at = 0; at < bytes.length; at += step) frames.push(frame(kind, bytes.subarray(at, at + step)));
  return frames;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function bytesOfUuid(id: string): Uint8Array {
  if (!UUID.test(id))
    throw new JackfieldError('ERR_INVALID_ARG', `The id of an AudioSocket call must be a UUID; got "${id}".`);
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function uuidOf(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex');
  return [0, 8, 12, 16, 20].map((from, at, starts) => digits.slice(from, starts[at + 1])).join('-');
}

function digitOf(payload: Uint8Array): string {
  const digit = String.fromCharCode(payload[0] ?? 0);
  if (payload.length !== 1 || !/[0-9A-D*#]/i.test(digit)) throw syntax('an invalid digit');
  return digit.toUpperCase();
}

function errorOf(payload: Uint8Array): string {
  const bits = payload[0] ?? 0;
  const texts = ERRORS.filter(([bit]) => (bits & bit) !== 0).map(([, text]) => text);
  return texts.length > 0 ? texts.join(', ') : `error ${hex(bits)}`;
}

function hex(kind: number): string {
  return `0x${kind.toString(16).padStart(2, '0')}`;
}

function syntax(what: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `The other end of ${WHAT} sent ${what}.`);
}
