import { randomBytes } from 'node:crypto';
import { during } from '../../base/during.js';
import type { Clock } from '../../base/time/clock.js';
import { codecNamed, type RtpCodecName } from '../rtp/rtp-codec.js';
import type { AcceptedCodec, RtpDirection, SrtpSuite, TelephoneEventType } from '../rtp/rtp-options.js';
import { RtpSession } from '../rtp/rtp-session.js';
import type { RtpPorts } from '../rtp/rtp-transport.js';
import type { SipBody } from '../sip-message/body.js';
import {
  answeringDirection,
  type CallDescription,
  type OfferedVoice,
  type OwnVoice,
  readDescription,
  type TaggedKey,
} from './call-description.js';
import { OwnDescription } from './own-description.js';
import { type SessionMedia, SipRefusal } from './session-host.js';

/** Encryption of voice: `accepted` is never offered but accepted in an offer; `required` is demanded. */
export type SrtpPolicy = 'accepted' | 'required';

export interface CallMediaOptions {
  readonly clock: Clock;
  /** Address of this machine for receiving. */
  readonly address: string;
  /** Address in descriptions. Default `address`. */
  readonly advertised?: string;
  readonly ports?: RtpPorts;
  readonly codecs: readonly RtpCodecName[];
  readonly ptimeMs: number;
  readonly srtp: SrtpPolicy;
  /** Time without a packet until {@link CallMediaEvents.lost}, in milliseconds; 0 for never. */
  readonly timeoutMs: number;
}

/** Listeners of a call's media. */
export interface CallMediaEvents {
  /** The other end has put the call on hold, or has resumed it. */
  held(on: boolean): void;
  digit(digit: string): void;
  /** No expected packets have come for too long. */
  lost(): void;
}

const SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** Voice of a call: an RTP session, and its negotiation by offers and answers. */
export class CallMedia implements SessionMedia {
  readonly rtp: RtpSession;
  events: CallMediaEvents | undefined;
  readonly #options: CallMediaOptions;
  readonly #description = new OwnDescription();
  /** Keys of this end, one for each suite. They do not change within a call. */
  readonly #keys: readonly TaggedKey[];
  /** Payload types of codecs, as the other end has chosen them. They do not change within a call. */
  readonly #numbers = new Map<RtpCodecName, number>();
  #current: AcceptedCodec | undefined;
  #event: TelephoneEventType | undefined;
  #isSecure: boolean;
  #isHeldHere = false;
  #isHeldThere = false;
  #last = '';

  private constructor(rtp: RtpSession, options: CallMediaOptions) {
    this.rtp = rtp;
    this.#options = options;
    this.#isSecure = options.srtp === 'required';
    this.#keys = SUITES.map((suite, index) => ({
      tag: index + 1,
      suite,
      key: randomBytes(30).toString('base64'),
    }));
    rtp.on('digit', (digit) => this.events?.digit(digit));
    rtp.on('timeout', () => {
      if (!this.#isHeldThere && !this.#isHeldHere) this.events?.lost();
    });
  }

  /** Opens the ports. @throws ERR_PORT when none is free. */
  static async open(options: CallMediaOptions): Promise<CallMedia> {
    const { address, clock, codecs, ports, timeoutMs } = options;
    const rtp = await RtpSession.open({ address, clock, codecs, timeoutMs, ...(ports && { ports }) });
    return new CallMedia(rtp, options);
  }

  /** True when digits are sent as telephone events, beside the voice. */
  get hasEvents(): boolean {
    return this.#event !== undefined;
  }

  /** Sets the hold of this end for the next offer. @returns false when nothing changed. */
  hold(on: boolean): boolean {
    if (this.#isHeldHere === on) return false;
    this.#isHeldHere = on;
    return true;
  }

  offer(): SipBody {
    const { codecs, telephoneEvents } = this.rtp.capabilities;
    const ordered = [...codecs].sort((a, b) => this.#rank(a.name) - this.#rank(b.name));
    return this.#write({
      codecs: ordered.map((codec) => ({
        ...codec,
        payloadType: this.#numbers.get(codec.name) ?? codec.payloadType,
      })),
      telephoneEvents: this.#event ? [this.#event] : telephoneEvents,
      direction: this.#isHeldHere ? 'sendonly' : 'sendrecv',
      keys: this.#isSecure ? this.#keys : [],
    });
  }

  async answer(offer: SipBody): Promise<SipBody> {
    const description = readDescription(offer.content.toString('utf8'));
    const voice = description?.voice;
    if (!description || !voice) throw new SipRefusal(488);
    const [codec] = voice.codecs.filter((each) => this.#options.codecs.includes(each.codec));
    if (!codec) throw new SipRefusal(488, 'No codec in common');
    const remoteKey = this.#remoteKey(voice);
    this.#description.follow(description.streams, voice.index);
    for (const each of voice.codecs)
      if (!this.#numbers.has(each.codec)) this.#numbers.set(each.codec, each.payloadType);
    const direction = answeringDirection(voice.direction, this.#isHeldHere);
    const event = eventFor(codec, voice);
    await this.#connect(voice, codec, event, direction, remoteKey);
    const known = codecNamed(codec.codec);
    return this.#write({
      codecs: known ? [{ ...known, payloadType: codec.payloadType }] : [],
      telephoneEvents: event ? [event] : [],
      direction,
      keys: remoteKey
        ? this.#keys
            .filter(({ suite }) => suite === remoteKey.suite)
            .map((key) => ({ ...key, tag: remoteKey.tag }))
        : [],
    });
  }

  async take(answer: SipBody): Promise<void> {
    const text = answer.content.toString('utf8');
    // A 200 with the same description as the 183 before it changes nothing.
    if (text === this.#last) return;
    const description: CallDescription | undefined = readDescription(text);
    const voice = description?.voice;
    const [codec] = voice?.codecs.filter((each) => this.#options.codecs.includes(each.codec)) ?? [];
    if (!description || !voice || !codec) throw new SipRefusal(488, 'No codec in common');
    const remoteKey = this.#remoteKey(voice);
    this.#last = text;
    this.#description.follow(description.streams, voice.index);
    await this.#connect(voice, codec, eventFor(codec, voice), mirrored(voice.direction), remoteKey);
  }

  async close(): Promise<void> {
    await this.rtp.close();
  }

  async #connect(
    voice: OfferedVoice,
    codec: AcceptedCodec,
    event: TelephoneEventType | undefined,
    direction: RtpDirection,
    remoteKey: TaggedKey | undefined,
  ): Promise<void> {
    const isNowhere = voice.address === '0.0.0.0' || voice.address === '::';
    const localKey = remoteKey && this.#keys.find(({ suite }) => suite === remoteKey.suite);
    this.#current = codec;
    this.#event = event;
    const connecting = this.rtp.connect({
      remote: {
        address: isNowhere ? '127.0.0.1' : voice.address,
        port: voice.port,
        ...(voice.rtcpPort !== undefined && { rtcpPort: voice.rtcpPort }),
      },
      codec: codec.codec,
      payloadType: codec.payloadType,
      accepts: voice.codecs.filter((each) => each !== codec && this.#options.codecs.includes(each.codec)),
      ...(event && { telephoneEvent: event }),
      ptimeMs: voice.ptimeMs ?? this.#options.ptimeMs,
      direction: isNowhere ? 'inactive' : direction,
      ...(remoteKey && localKey && { srtp: { local: bare(localKey), remote: bare(remoteKey) } }),
    });
    await during(this.#options.clock, connecting);
    const isHeldThere = voice.direction === 'sendonly' || voice.direction === 'inactive';
    // An end that is on hold can only tell that it does not send, so this is not a hold of its own.
    if (this.#isHeldHere && voice.direction === 'inactive' && !this.#isHeldThere) return;
    if (isHeldThere === this.#isHeldThere) return;
    this.#isHeldThere = isHeldThere;
    this.events?.held(isHeldThere);
  }

  /**
   * Returns the key of an encrypted stream.
   *
   * @throws SipRefusal when the encryption does not match the policy of this end.
   */
  #remoteKey(voice: OfferedVoice): TaggedKey | undefined {
    const [key] = voice.keys;
    if (voice.isSecure && !key) throw new SipRefusal(488, 'No SRTP keys in common');
    if (!voice.isSecure && this.#options.srtp === 'required') throw new SipRefusal(488, 'SRTP is needed');
    this.#isSecure = voice.isSecure;
    return voice.isSecure ? key : undefined;
  }

  #write(parts: Pick<OwnVoice, 'codecs' | 'telephoneEvents' | 'direction' | 'keys'>): SipBody {
    const { advertised, ptimeMs } = this.#options;
    return this.#description.write({
      ...parts,
      address: advertised ?? this.rtp.address,
      port: this.rtp.port,
      rtcpPort: this.rtp.rtcpPort,
      ptimeMs,
      isSecure: this.#isSecure,
    });
  }

  /** Sorts the current codec first. */
  #rank(name: RtpCodecName): number {
    return this.#current?.codec === name ? 0 : 1;
  }
}

/** Finds the telephone event type with the clock rate of the codec. */
function eventFor(
  { codec }: AcceptedCodec,
  { telephoneEvents }: OfferedVoice,
): TelephoneEventType | undefined {
  const rate = codecNamed(codec)?.clockRate;
  return telephoneEvents.find(({ clockRate }) => clockRate === rate) ?? telephoneEvents[0];
}

/** Returns a direction from the view of the other side. */
function mirrored(direction: RtpDirection): RtpDirection {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

function bare({ suite, key }: TaggedKey) {
  return { suite, key };
}
