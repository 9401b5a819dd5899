import { type MediaDescription, parse, type SessionDescription, write } from 'sdp-transform';
import type { RtpCodec, RtpCodecName } from '../rtp/rtp-codec.js';
import { codecNamed } from '../rtp/rtp-codec.js';
import type {
  AcceptedCodec,
  RtpDirection,
  SrtpKey,
  SrtpSuite,
  TelephoneEventType,
} from '../rtp/rtp-options.js';

/** Most streams of a description. A description with more is refused. */
export const MAX_STREAMS = 64;
/** Payload types that need no `a=rtpmap` (RFC 3551). */
const STATIC: Readonly<Record<number, RtpCodecName>> = { 0: 'PCMU', 8: 'PCMA', 9: 'G722' };
const SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];
const DIRECTIONS: readonly RtpDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** SRTP key with the tag of its `a=crypto` line. */
export interface TaggedKey extends SrtpKey {
  readonly tag: number;
}

/** Voice stream of a description. */
export interface OfferedVoice {
  /** Index among the streams. */
  readonly index: number;
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number | undefined;
  /** Supported codecs, in the order of the description. */
  readonly codecs: readonly AcceptedCodec[];
  readonly telephoneEvents: readonly TelephoneEventType[];
  readonly ptimeMs: number | undefined;
  /** Direction, from the view of the side that wrote the description. */
  readonly direction: RtpDirection;
  readonly isSecure: boolean;
  readonly keys: readonly TaggedKey[];
}

/** First line of a stream, which is repeated in an answer. */
export interface StreamLine {
  readonly type: string;
  readonly protocol: string;
  readonly payloads: string;
}

/** Description of the voice of a call (SDP, RFC 8866). */
export interface CallDescription {
  readonly streams: readonly StreamLine[];
  /** First usable voice stream; undefined when there is none. */
  readonly voice: OfferedVoice | undefined;
}

/** Reads a description; undefined for a text that is not one, or has too many streams. */
export function readDescription(text: string): CallDescription | undefined {
  if (!/^v=0/m.test(text)) return undefined;
  // The parser ignores a line with a number of ports, such as `40000/2`.
  const session = parse(text.replace(/^(m=\S+ \d+)\/\d+/gm, '$1'));
  const isWhole = session.media.every(({ type, port }) => type !== undefined && port !== undefined);
  if (session.media.length > MAX_STREAMS || !isWhole) return undefined;
  const streams = session.media.map(({ type, protocol, payloads }) => ({
    type,
    protocol: String(protocol),
    // The parser returns a single payload type as a number.
    payloads: String(payloads ?? '0'),
  }));
  const index = session.media.findIndex(isVoice);
  const media = session.media[index];
  return { streams, voice: media && voiceOf(session, media, index) };
}

/** Voice of a description that this side writes. */
export interface OwnVoice {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly codecs: readonly (RtpCodec & { readonly payloadType: number })[];
  readonly telephoneEvents: readonly TelephoneEventType[];
  readonly ptimeMs: number;
  readonly direction: RtpDirection;
  readonly isSecure: boolean;
  readonly keys: readonly TaggedKey[];
}

/** Identity and version of a description (the `o=` line). */
export interface Origin {
  readonly id: number;
  readonly version: number;
}

/**
 * Writes a description with one voice stream.
 *
 * @param streams All streams. The one at `index` is the voice; the others are refused.
 */
export function writeDescription(
  voice: OwnVoice,
  origin: Origin,
  streams: readonly StreamLine[] = [],
  index = 0,
): string {
  const ipVer = voice.address.includes(':') ? 6 : 4;
  const own = ownMedia(voice);
  const media =
    streams.length === 0 ? [own] : streams.map((each, at) => (at === index ? own : refused(each)));
  return write({
    version: 0,
    origin: {
      username: '-',
      sessionId: origin.id,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer,
      address: voice.address,
    },
    name: '-',
    connection: { version: ipVer, ip: voice.address },
    timing: { start: 0, stop: 0 },
    media,
  });
}

/** Returns the direction of an answer: never more than was offered (RFC 3264, section 6.1). */
export function answeringDirection(offered: RtpDirection, isHeldHere: boolean): RtpDirection {
  switch (offered) {
    case 'sendrecv':
      return isHeldHere ? 'sendonly' : 'sendrecv';
    case 'sendonly':
      return isHeldHere ? 'inactive' : 'recvonly';
    case 'recvonly':
      return 'sendonly';
    case 'inactive':
      return 'inactive';
    default:
      return offered satisfies never;
  }
}

function isVoice({ type, port, protocol }: MediaDescription): boolean {
  return type === 'audio' && port !== 0 && /^RTP\/S?AVPF?$/i.test(String(protocol));
}

function voiceOf(session: SessionDescription, media: MediaDescription, index: number): OfferedVoice {
  const address = media.connection?.ip ?? session.connection?.ip ?? session.origin?.address ?? '';
  const isSecure = /SAVP/i.test(media.protocol);
  const written = DIRECTIONS.find((each) => each === (media.direction ?? session.direction)) ?? 'sendrecv';
  // Hold as in RFC 2543: nothing can be sent to this address.
  const isNowhere = address === '0.0.0.0' || address === '::';
  const rates = ratesOf(media);
  const payloads = String(media.payloads ?? '')
    .split(/\s+/)
    .map(Number)
    .filter((each) => Number.isInteger(each) && each >= 0 && each <= 127);
  const ptime = Number(media.ptime);
  return {
    index,
    address,
    port: Number(media.port),
    rtcpPort: media.rtcp?.port,
    codecs: payloads.flatMap((payloadType): AcceptedCodec[] => {
      const map = rates.get(payloadType);
      const codec = map ? codecNamed(map.name, map.rate)?.name : STATIC[payloadType];
      return codec ? [{ codec, payloadType }] : [];
    }),
    telephoneEvents: payloads.flatMap((payloadType): TelephoneEventType[] => {
      const map = rates.get(payloadType);
      return map?.name.toLowerCase() === 'telephone-event'
        ? [{ payloadType, clockRate: map.rate ?? 8000 }]
        : [];
    }),
    ptimeMs: ptime >= 10 && ptime <= 60 && ptime % 10 === 0 ? ptime : undefined,
    direction: isNowhere && written !== 'inactive' ? 'sendonly' : written,
    isSecure,
    keys: (media.crypto ?? []).flatMap(keyOf),
  };
}

function ratesOf({
  rtp,
}: MediaDescription): Map<number, { readonly name: string; readonly rate: number | undefined }> {
  return new Map(rtp.map(({ payload, codec, rate }) => [Number(payload), { name: String(codec), rate }]));
}

/**
 * Reads an `inline:` key of 30 bytes; a lifetime is ignored. A key index (MKI) is not supported, because it changes the
 * packets.
 */
function keyOf({ id, suite, config }: { id: number; suite: string; config: string }): TaggedKey[] {
  const [, key = ''] = /^inline:([A-Za-z0-9+/=]+)/.exec(config) ?? [];
  const known = SUITES.find((each) => each === suite);
  if (!known || Buffer.from(key, 'base64').length !== 30 || /\|\d+:\d/.test(config)) return [];
  return [{ tag: Number(id), suite: known, key }];
}

function ownMedia(voice: OwnVoice): MediaDescription {
  const { codecs, telephoneEvents, keys } = voice;
  return {
    type: 'audio',
    port: voice.port,
    protocol: voice.isSecure ? 'RTP/SAVP' : 'RTP/AVP',
    payloads: [...codecs, ...telephoneEvents].map(({ payloadType }) => payloadType).join(' '),
    rtp: [
      ...codecs.map(({ payloadType, name, clockRate, channels }) => ({
        payload: payloadType,
        codec: name,
        rate: clockRate,
        ...(channels !== undefined && { encoding: channels }),
      })),
      ...telephoneEvents.map(({ payloadType, clockRate }) => ({
        payload: payloadType,
        codec: 'telephone-event',
        rate: clockRate,
      })),
    ],
    fmtp: [
      ...codecs.flatMap(({ payloadType, fmtp }) => (fmtp ? [{ payload: payloadType, config: fmtp }] : [])),
      ...telephoneEvents.map(({ payloadType }) => ({ payload: payloadType, config: '0-16' })),
    ],
    ...(voice.rtcpPort !== voice.port + 1 && { rtcp: { port: voice.rtcpPort } }),
    ptime: voice.ptimeMs,
    ...(keys.length > 0 && {
      crypto: keys.map(({ tag, suite, key }) => ({ id: tag, suite, config: `inline:${key}` })),
    }),
    direction: voice.direction,
  };
}

function refused({ type, protocol, payloads }: StreamLine): MediaDescription {
  return { type, port: 0, protocol, payloads, rtp: [], fmtp: [] };
}
