import { randomUUID } from 'node:crypto';
import { checkArgument, checkOptions, oneOf, within } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { LineQuality } from '../../base/line-quality.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { samplesToMs } from '../../base/pcm.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import type { Party } from '../../switch/party.js';
import type { DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import { COMFORT_NOISE } from '../rtp-playout/voice-decoding.js';
import { RtpReceiver } from '../rtp-receive/rtp-receiver.js';
import { SilenceWatch } from '../rtp-receive/silence-watch.js';
import { isRtcp } from './rtcp-packet.js';
import { RtcpReporter } from './rtcp-reporter.js';
import { makeOf, offered, type RtpCodec, type RtpCodecName } from './rtp-codec.js';
import {
  checkConnection,
  type RtpConnection,
  type RtpSessionOptions,
  SESSION_RULES,
  type TelephoneEventType,
} from './rtp-options.js';
import { RtpPath } from './rtp-path.js';
import { RtpSender } from './rtp-sender.js';
import { lineQuality, type RtpSessionStats } from './rtp-stats.js';
import { openUdp, type RtpAddress, type RtpTransport } from './rtp-transport.js';
import { RtpVoice } from './rtp-voice.js';

/** Capabilities of a session, for its description (SDP). */
export interface RtpCapabilities {
  /** In order of preference. */
  readonly codecs: readonly RtpCodec[];
  /** One for each clock rate of the codecs. */
  readonly telephoneEvents: readonly TelephoneEventType[];
  /** Payload type of comfort noise at 8000 Hz (RFC 3389). */
  readonly comfortNoise: number;
  /** Range of packet lengths, and the default, in ms. */
  readonly ptimeMs: { readonly least: number; readonly most: number; readonly usual: number };
}

/** Events of an {@link RtpSession}. */
export interface RtpSessionEvents extends FencedEvents {
  /** The peer has begun a digit, as an event, or as a tone when events were not agreed on. */
  digit: [digit: string];
  /** The peer has ended a digit. `durationMs`: the length that its events state, or that of the tone. */
  'digit-end': [digit: string, durationMs: number];
  /** The first packet of the peer has arrived, or the first since {@link RtpSession.connect} named another address. */
  latched: [from: RtpAddress];
  /** No packet has arrived for {@link RtpSessionOptions.timeoutMs}. Emitted once until a packet arrives. */
  timeout: [];
  /** The peer has ended its stream (RTCP BYE). */
  bye: [];
}

const DEFAULT_CODECS: readonly RtpCodecName[] = ['G722', 'PCMA', 'PCMU', 'opus'];
const DIGIT = oneOf(...'0123456789*#ABCDabcd');

/**
 * One peer's voice over RTP (RFC 3550). It has its own ports, a codec that may change, and a jitter buffer. Its voice
 * is either a {@link Party} of a conversation or a {@link PcmStream} for a recorder: use one of the two.
 */
export class RtpSession extends FencedEmitter<RtpSessionEvents> implements AsyncDisposable {
  readonly address: string;
  readonly capabilities: RtpCapabilities;
  readonly #clock: Clock;
  readonly #transport: RtpTransport;
  readonly #receiver: RtpReceiver;
  readonly #sender: RtpSender;
  readonly #reporter: RtcpReporter;
  readonly #path: RtpPath;
  readonly #watch: SilenceWatch;
  #clockRate = 8000;
  #voice: RtpVoice | undefined;
  /** True when digits arrive as tones in the voice. */
  #hearsTones = false;
  #closed: Promise<void> | undefined;

  private constructor(options: RtpSessionOptions, transport: RtpTransport) {
    super();
    const {
      address = '127.0.0.1',
      clock = systemClock,
      codecs = DEFAULT_CODECS,
      timeoutMs = 30_000,
    } = options;
    this.address = address;
    this.#clock = clock;
    this.#transport = transport;
    this.capabilities = capabilitiesOf(codecs);
    this.#path = new RtpPath(transport);
    this.#sender = new RtpSender((packet) => this.#path.sendRtp(packet));
    this.#receiver = new RtpReceiver(clock, options, {
      digit: (digit) => this.emit('digit', digit),
      digitEnd: (digit, durationMs) => this.emit('digit-end', digit, durationMs),
      latched: (from) => {
        this.#path.latch(from);
        this.emit('latched', from);
      },
    });
    this.#watch = new SilenceWatch(
      clock,
      timeoutMs,
      () => this.#receiver.lastMs,
      () => this.emit('timeout'),
    );
    this.#reporter = new RtcpReporter({
      clock,
      cname: options.cname ?? randomUUID(),
      sender: this.#sender,
      clockRate: () => this.#clockRate,
      source: () => this.#receiver.source,
      send: (packet) => this.#path.sendRtcp(packet),
      bye: () => this.emit('bye'),
    });
    transport.onPacket = (bytes, from, onRtcpPort, atMs = clock.now(), start = 0, end = bytes.length) => {
      if (onRtcpPort || isRtcp(bytes, start)) this.#arrivedRtcp(bytes.subarray(start, end), from, atMs);
      else this.#receiver.packet(bytes, from, atMs, start, end);
    };
  }

  /**
   * Opens the ports.
   * @throws ERR_PORT when none of the range is free, ERR_INVALID_ARG.
   */
  static async open(options: RtpSessionOptions = {}): Promise<RtpSession> {
    checkOptions(options, SESSION_RULES);
    const { address = '127.0.0.1', ports, transport } = options;
    return new RtpSession(options, transport ?? (await openUdp(address, ports)));
  }

  /** Port of RTP. It is even. */
  get port(): number {
    return this.#transport.port;
  }

  get rtcpPort(): number {
    return this.#transport.rtcpPort;
  }

  /** Address that packets are sent to: the one that the peer has named, or the one that its packets come from. */
  get remote(): RtpAddress | undefined {
    return this.#path.remote;
  }

  /** Voice in real time, both ways, as a party of a conversation. */
  get voice(): Party {
    if (this.#voice) return this.#voice;
    this.#voice = new RtpVoice({
      clock: this.#clock,
      playout: this.#receiver.playout(),
      sender: this.#sender,
      onTone: (tone) => this.#heardTone(tone),
      onLeave: () => void this.close(),
      quality: () => this.quality,
    });
    this.#voice.listen(this.#hearsTones);
    return this.#voice;
  }

  /**
   * Received voice, 16 kHz mono, placed by its timestamps. It is complete up to {@link RtpSessionOptions.reorderMs}
   * ago. Ends when the session is closed.
   */
  get stream(): PcmStream {
    return this.#receiver.stream();
  }

  /**
   * Begins to send and receive as agreed. A further call applies a new agreement: codec, direction, address and keys
   * may change. Resolves when the codec is loaded.
   *
   * @throws ERR_INVALID_ARG; ERR_CLOSED.
   */
  async connect(connection: RtpConnection): Promise<void> {
    checkConnection(connection);
    this.#checkOpen('connect()');
    const { codec, payloadType, telephoneEvent, ptimeMs = 20, direction = 'sendrecv' } = connection;
    const make = makeOf(codec);
    if (!make) throw new JackfieldError('ERR_INVALID_ARG', `There is no codec ${codec}.`);
    await this.#receiver.connect(connection);
    const encoder = await make.encoder();
    this.#checkOpen('connect()');
    const isOn = direction === 'sendrecv' || direction === 'sendonly';
    this.#sender.begin({ make, encoder, payloadType, ptimeMs, telephoneEvent, isOn });
    this.#clockRate = make.clockRate;
    this.#hearsTones = telephoneEvent === undefined;
    this.#voice?.listen(this.#hearsTones);
    this.#path.agree(connection);
    this.#reporter.start();
    this.#watch.start();
  }

  /**
   * Sends a digit of `ms` (40 to 6000), as an event or as a tone, after the digits that are waiting. It is sent along
   * with the voice of the conversation. Resolves when it has been sent.
   *
   * @throws ERR_INVALID_ARG; ERR_LIMIT when too many digits are waiting; ERR_CLOSED.
   */
  async sendDigit(digit: string, ms = 100): Promise<void> {
    checkArgument('digit', digit, DIGIT);
    checkArgument('ms', ms, within(40, 6000, 'ms'));
    this.#checkOpen('sendDigit()');
    await this.#sender.digits.send(digit, ms);
  }

  /**
   * Resolves when all voice that has arrived so far was played by {@link voice}; after 500 ms at the latest. To be
   * called when the peer has ended its stream.
   */
  async played(): Promise<void> {
    await this.#transport.drain?.();
    await this.#voice?.played();
  }

  stats(): RtpSessionStats {
    const { peer } = this.#reporter;
    const sent = { packets: this.#sender.packets, bytes: this.#sender.octets };
    const quality = this.#receiver.quality((peer?.roundTripMs ?? 0) / 2);
    return { ...this.#receiver.stats, sent, ...(quality && { quality }), ...(peer && { peer }) };
  }

  /** Quality of the received voice; undefined before any has arrived. */
  get quality(): LineQuality | undefined {
    return lineQuality(this.stats());
  }

  /** Sends RTCP BYE, closes the ports and ends the stream. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#watch.stop();
    const error = new JackfieldError('ERR_CLOSED', 'The session was closed before the digit was sent.');
    this.#sender.digits.close(error);
    this.#reporter.stop();
    this.#receiver.close();
    await this.#transport.close();
  }

  #checkOpen(what: string): void {
    if (this.#closed) throw new JackfieldError('ERR_CLOSED', `${what} on a closed session.`);
  }

  #arrivedRtcp(bytes: Buffer, from: RtpAddress, atMs: number): void {
    const packet = this.#receiver.gate.admitRtcp(bytes, from);
    if (packet) this.#reporter.take(packet, atMs);
  }

  #heardTone(tone: DtmfEvent): void {
    if (tone.type === 'begin') this.emit('digit', tone.digit);
    else this.emit('digit-end', tone.digit, samplesToMs(tone.end - tone.begin));
  }
}

function capabilitiesOf(codecs: readonly RtpCodecName[]): RtpCapabilities {
  const made = codecs.flatMap((name) => makeOf(name) ?? []);
  const rates = [...new Set(made.map(({ clockRate }) => clockRate))];
  return {
    codecs: made.map(offered),
    telephoneEvents: rates.map((clockRate, index) => ({ payloadType: 101 + index, clockRate })),
    comfortNoise: COMFORT_NOISE,
    ptimeMs: { least: 10, most: 60, usual: 20 },
  };
}
