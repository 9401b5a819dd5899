import {
  checkOptions,
  flag,
  line,
  listOf,
  needed,
  nested,
  number,
  object,
  oneOf,
  type Rules,
  rule,
  whole,
  within,
} from '../../base/check.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { RTP_CODECS, type RtpCodecName } from './rtp-codec.js';
import type { RtpAddress, RtpPorts, RtpTransport } from './rtp-transport.js';

/** Options of {@link RtpSession.open}. */
export interface RtpSessionOptions {
  /** Address of this machine to receive on. Default `127.0.0.1`. */
  readonly address?: string;
  /** Range from which an even port and the next one are taken. Default: the system chooses. */
  readonly ports?: RtpPorts;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Codecs that are offered, in order of preference. Default G722, PCMA, PCMU, opus. */
  readonly codecs?: readonly RtpCodecName[];
  /** Canonical name in RTCP (RFC 3550, section 6.5.1). Default: a random one. */
  readonly cname?: string;
  /**
   * Sends to the address from which the first valid packet comes, not to the one in the peer's description: the peer
   * may be behind a NAT. This address stays until {@link RtpSession.connect} names another one. Default true.
   */
  readonly latch?: boolean;
  /** Time without a packet after which `timeout` is emitted, in ms: 0 for never, up to 86,400,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** Longest delay of the jitter buffer, in ms: 20 to 2000. Default 400. */
  readonly maxDelayMs?: number;
  /** Time for which {@link RtpSession.stream} waits for a missing packet, in ms: 0 to 10,000. Default 400. */
  readonly reorderMs?: number;
  /**
   * Time of position 0 of {@link RtpSession.stream}, by `clock`. The streams of one call share it. Default: the time at
   * which the stream is first used.
   */
  readonly originMs?: number;
  /** Carries the packets in place of UDP ports. @internal */
  readonly transport?: RtpTransport;
}

/** Key of one direction of SRTP, as in an `a=crypto` line (RFC 4568). */
export interface SrtpKey {
  readonly suite: SrtpSuite;
  /** Base64 of 30 bytes: the master key of 16 and the salt of 14. */
  readonly key: string;
}

export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** Direction of the voice, as in the description of this side (RFC 8866, section 6.7). */
export type RtpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A payload type of RFC 4733. */
export interface TelephoneEventType {
  readonly payloadType: number;
  /** In Hz. It should be the clock rate of the codec. */
  readonly clockRate: number;
}

/** A codec that a peer may send, with its payload type. */
export interface AcceptedCodec {
  readonly codec: RtpCodecName;
  readonly payloadType: number;
}

/** Agreement with a peer: options of {@link RtpSession.connect}. */
export interface RtpConnection {
  /**
   * Address that the peer has named. `rtcpPort`: default `port` + 1; equal to `port` when RTP and RTCP share one port.
   */
  readonly remote: RtpAddress & { readonly rtcpPort?: number };
  /** Codec that is sent and received. */
  readonly codec: RtpCodecName;
  /** Payload type of the codec in packets that are sent. */
  readonly payloadType: number;
  /** Payload type of the codec in packets that are received. Default `payloadType`. */
  readonly receivePayloadType?: number;
  /** Further codecs that the peer may send. Default none. */
  readonly accepts?: readonly AcceptedCodec[];
  /** Payload type of digits as events (RFC 4733). Default: digits are tones in the voice, both ways. */
  readonly telephoneEvent?: TelephoneEventType;
  /** Audio in a packet, in ms: 10 to 60, a multiple of 10. Default 20. */
  readonly ptimeMs?: number;
  /** Default `sendrecv`. */
  readonly direction?: RtpDirection;
  /** Keys, when the voice is encrypted. Packets that are not authentic are counted and dropped. */
  readonly srtp?: { readonly local: SrtpKey; readonly remote: SrtpKey };
}

const PORT = whole(1, 65_535);
const PAYLOAD_TYPE = whole(0, 127);
const SRTP_KEY = nested<SrtpKey>({
  suite: needed(oneOf('AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32')),
  key: needed({ ...rule('base64 of 30 bytes', isKey), isSecret: true }),
});
export const CODEC_NAME = oneOf(...RTP_CODECS);

export const SESSION_RULES: Rules<RtpSessionOptions> = {
  address: line(1, 100),
  ports: nested<RtpPorts>({ from: needed(whole(1, 65_534)), to: needed(PORT) }),
  clock: CLOCK,
  codecs: listOf(CODEC_NAME, 1),
  cname: line(1, 255),
  latch: flag,
  timeoutMs: within(0, 86_400_000, 'ms'),
  maxDelayMs: within(20, 2000, 'ms'),
  reorderMs: within(0, 10_000, 'ms'),
  originMs: number,
  transport: object,
};

const CONNECTION_RULES: Rules<RtpConnection> = {
  remote: needed(
    nested<RtpConnection['remote']>({ address: needed(line(1, 100)), port: needed(PORT), rtcpPort: PORT }),
  ),
  codec: needed(CODEC_NAME),
  payloadType: needed(PAYLOAD_TYPE),
  receivePayloadType: PAYLOAD_TYPE,
  accepts: listOf(object, 0, 32),
  telephoneEvent: nested<TelephoneEventType>({
    payloadType: needed(PAYLOAD_TYPE),
    clockRate: needed(whole(8000, 48_000, 'Hz')),
  }),
  ptimeMs: oneOf(10, 20, 30, 40, 50, 60),
  direction: oneOf('sendrecv', 'sendonly', 'recvonly', 'inactive'),
  srtp: nested<{ local: SrtpKey; remote: SrtpKey }>({ local: needed(SRTP_KEY), remote: needed(SRTP_KEY) }),
};
const ACCEPTED_RULES: Rules<AcceptedCodec> = { codec: needed(CODEC_NAME), payloadType: needed(PAYLOAD_TYPE) };

/** Checks an agreement. @throws ERR_INVALID_ARG. */
export function checkConnection(connection: RtpConnection): void {
  checkOptions(connection, CONNECTION_RULES);
  for (const each of connection.accepts ?? []) checkOptions(each, ACCEPTED_RULES, 'accepts.');
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 44 && Buffer.from(value, 'base64').length === 30;
}
