import { parse, type SessionDescription, write } from 'sdp-transform';
import { JackfieldError } from '../../base/errors.js';
import { codecNamed, type RtpCodecName } from '../rtp/rtp-codec.js';
import type { AcceptedCodec, RtpConnection, RtpDirection, SrtpKey, SrtpSuite } from '../rtp/rtp-options.js';

/** Stream that a recording client offers. */
export interface OfferedStream {
  /** Index of its media line. */
  readonly index: number;
  /** `a=label`, by which the metadata name the stream; empty when there is none. */
  readonly label: string;
  /** False while no voice is sent: the direction is `inactive` or `recvonly`, or the address is 0.0.0.0 or ::. */
  readonly isActive: boolean;
  /** Agreement for its RTP session; undefined when it has no known codec, or is encrypted without a usable key. */
  readonly connection: Omit<RtpConnection, 'srtp'> | undefined;
  /** Key of the received packets, and the tag of its line, when the stream is encrypted. */
  readonly crypto: (SrtpKey & { readonly tag: number }) | undefined;
}

/** Offer of a recording client. */
export interface RecordingOffer {
  readonly session: SessionDescription;
  /** The voice streams. */
  readonly streams: readonly OfferedStream[];
}

/** Stream in an answer. */
export interface AnsweredStream {
  readonly index: number;
  readonly port: number;
  readonly rtcpPort: number;
  /** Key of what this end sends (RTCP), when the stream is encrypted. */
  readonly key?: SrtpKey;
}

type Media = SessionDescription['media'][number];

/** Most media lines in a description. */
const MAX_LINES = 200;
const STATIC: ReadonlyMap<number, RtpCodecName> = new Map([
  [0, 'PCMU'],
  [8, 'PCMA'],
  [9, 'G722'],
]);
const SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];
/** Addresses that put a stream on hold (RFC 3264, section 8.4). */
const NOWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
/** Port for a connection that is not used. RTP may come from any address, so the value does not matter. */
const ANY_PORT = 9;

/**
 * Reads the offer of a recording client.
 *
 * @throws ERR_SYNTAX for a text that is not such an offer; ERR_LIMIT for too many lines.
 */
export function readRecordingOffer(text: string): RecordingOffer {
  if (!/^v=0/m.test(text))
    throw new JackfieldError('ERR_SYNTAX', 'The offer is not a session description (SDP).');
  const session = parse(text);
  if (session.media.length > MAX_LINES) {
    throw new JackfieldError(
      'ERR_LIMIT',
      `The offer has ${session.media.length} streams; at most ${MAX_LINES} are supported.`,
    );
  }
  const streams = session.media.flatMap((media, index) =>
    media.type === 'audio' && media.port > 0 ? [streamOf(media, index, session)] : [],
  );
  return { session, streams };
}

/** Writes the answer to an offer. The streams in `answered` are received; all others are refused. */
export function answerRecording(
  offer: RecordingOffer,
  answered: readonly AnsweredStream[],
  own: { readonly address: string; readonly id: number; readonly version: number },
): string {
  const { address, id, version } = own;
  const ipVer = address.includes(':') ? 6 : 4;
  return write({
    version: 0,
    origin: { username: '-', sessionId: String(id), sessionVersion: version, netType: 'IN', ipVer, address },
    name: '-',
    connection: { version: ipVer, ip: address },
    timing: { start: 0, stop: 0 },
    media: offer.session.media.map((media, index) => {
      const taken = answered.find((each) => each.index === index);
      const stream = offer.streams.find((each) => each.index === index);
      return taken && stream?.connection ? takenMedia(media, stream, taken) : refusedMedia(media);
    }),
  });
}

function takenMedia(media: Media, stream: OfferedStream, { port, rtcpPort, key }: AnsweredStream): Media {
  const accepts = stream.connection?.accepts ?? [];
  const types = accepts.map(({ payloadType }) => payloadType);
  const event = stream.connection?.telephoneEvent;
  return {
    type: 'audio',
    port,
    protocol: media.protocol,
    payloads: [...types, ...(event ? [event.payloadType] : [])].join(' '),
    rtp: [
      ...accepts.map(({ codec, payloadType }) => {
        const { clockRate = 8000, channels } = codecNamed(codec) ?? {};
        return { payload: payloadType, codec, rate: clockRate, ...(channels && { encoding: channels }) };
      }),
      ...(event ? [{ payload: event.payloadType, codec: 'telephone-event', rate: event.clockRate }] : []),
    ],
    fmtp: [],
    ...(media.label !== undefined && { label: media.label }),
    ...(media.mid !== undefined && { mid: media.mid }),
    ...(media.ptime !== undefined && { ptime: media.ptime }),
    rtcp: { port: rtcpPort },
    direction: stream.isActive ? 'recvonly' : 'inactive',
    ...(key &&
      stream.crypto && {
        crypto: [{ id: stream.crypto.tag, suite: key.suite, config: `inline:${key.key}` }],
      }),
  };
}

function refusedMedia({ type, protocol, payloads, label }: Media): Media {
  const line = { type, port: 0, protocol, payloads: String(payloads ?? '0'), rtp: [], fmtp: [] };
  return { ...line, ...(label !== undefined && { label }) };
}

function streamOf(media: Media, index: number, session: SessionDescription): OfferedStream {
  const address = media.connection?.ip ?? session.connection?.ip ?? '';
  const direction = (media.direction ?? session.direction ?? 'sendrecv') as RtpDirection;
  const isActive = (direction === 'sendonly' || direction === 'sendrecv') && !NOWHERE.has(address);
  const accepts = codecsOf(media);
  const [first] = accepts;
  const crypto = cryptoOf(media);
  const isSecure = /SAVP/i.test(media.protocol);
  const label = media.label === undefined ? '' : String(media.label);
  if (!first || (isSecure && !crypto))
    return { index, label, isActive, connection: undefined, crypto: undefined };
  const rate = codecNamed(first.codec)?.clockRate;
  const events = media.rtp.filter(({ codec }) => String(codec).toLowerCase() === 'telephone-event');
  const event = events.find((each) => each.rate === rate) ?? events[0];
  const rtcpPort = media.rtcpMux ? media.port : media.rtcp?.port;
  const connection = {
    remote: {
      address: NOWHERE.has(address) || address === '' ? '127.0.0.1' : address,
      port: media.port || ANY_PORT,
      ...(rtcpPort !== undefined && { rtcpPort }),
    },
    codec: first.codec,
    payloadType: first.payloadType,
    accepts,
    ...(event && { telephoneEvent: { payloadType: event.payload, clockRate: event.rate ?? 8000 } }),
    direction: isActive ? ('recvonly' as const) : ('inactive' as const),
  };
  return { index, label, isActive, connection, crypto: isSecure ? crypto : undefined };
}

/** Known codecs of a stream, in its order. */
function codecsOf(media: Media): AcceptedCodec[] {
  return String(media.payloads ?? '')
    .split(/\s+/)
    .map(Number)
    .flatMap((payloadType) => {
      const mapped = media.rtp.find(({ payload }) => payload === payloadType);
      const codec = mapped ? codecNamed(mapped.codec, mapped.rate)?.name : STATIC.get(payloadType);
      return codec ? [{ codec, payloadType }] : [];
    })
    .slice(0, 32);
}

function cryptoOf(media: Media): OfferedStream['crypto'] {
  for (const { id, suite, config } of media.crypto ?? []) {
    const known = SUITES.find((each) => each === suite);
    const key = /^inline:([A-Za-z0-9+/=]+)/.exec(config)?.[1];
    if (known && key && Buffer.from(key, 'base64').length === 30) return { tag: id, suite: known, key };
  }
  return undefined;
}
