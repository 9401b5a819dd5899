import type { Clock } from '../../base/time/clock.js';
import { FedStream } from '../../stream/fed-stream.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import { JitterBuffer } from '../rtp-playout/jitter-buffer.js';
import { PlacedVoice } from '../rtp-playout/placed-voice.js';
import { COMFORT_NOISE, VoiceDecoding } from '../rtp-playout/voice-decoding.js';
import { PacketGate } from './packet-gate.js';
import { type CallQuality, callQuality } from './quality.js';
import { makeOf } from './rtp-codec.js';
import type { RtpConnection, RtpSessionOptions } from './rtp-options.js';
import type { RtpPacket } from './rtp-packet.js';
import { RtpSource } from './rtp-source.js';
import type { RtpReceived, RtpSessionStats } from './rtp-stats.js';
import type { RtpAddress } from './rtp-transport.js';
import { digitOf, type Press, readTelephoneEvent, TelephoneEventReader } from './telephone-event.js';

/** Listeners of a receiver. */
export interface ReceiverEvents {
  digit(digit: string): void;
  digitEnd(digit: string, durationMs: number): void;
  latched(from: RtpAddress): void;
}

const NONE: RtpReceived = {
  ...{ packets: 0, bytes: 0, lost: 0, duplicates: 0, reordered: 0 },
  ...{ jitterMs: 0, sources: 0, damaged: 0 },
};
/** Lengths of the payload of events and of comfort noise, in bytes. Some senders put several events into a packet. */
const EVENT_BYTES = { least: 4, most: 64 };
const NOISE_BYTES = { least: 1, most: 64 };
/** Milliseconds after which a key press counts as ended when no further packet of it arrives. */
const PRESS_TIMEOUT_MS = 500;

/**
 * Receiving half of a session. It counts the sources of the peer's packets, and passes each packet to the part that
 * handles it.
 */
export class RtpReceiver {
  readonly gate: PacketGate;
  readonly #clock: Clock;
  readonly #options: RtpSessionOptions;
  readonly #events: ReceiverEvents;
  /** Decoders by payload type; replaced with each agreement. */
  #codecs: ReadonlyMap<number, VoiceDecoding> = new Map();
  #connection: RtpConnection | undefined;
  #source: RtpSource | undefined;
  /** First packet of another source, until a second one confirms that source. */
  #candidate: { readonly packet: RtpPacket; readonly atMs: number } | undefined;
  #before: RtpReceived = NONE;
  #bytes = 0;
  #lastMs: number | undefined;
  #decoding: VoiceDecoding | undefined;
  #digits = new TelephoneEventReader();
  #cancelPress: () => void = () => undefined;
  #playout: JitterBuffer | undefined;
  #stream: FedStream | undefined;
  #placed: PlacedVoice | undefined;

  constructor(clock: Clock, options: RtpSessionOptions, events: ReceiverEvents) {
    this.#clock = clock;
    this.#options = options;
    this.#events = events;
    this.gate = new PacketGate(options, (from) => events.latched(from));
  }

  /** Time at which the last packet of the peer arrived. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  get source(): RtpSource | undefined {
    return this.#source;
  }

  /**
   * Quality of what is played or placed; undefined before a packet has arrived.
   *
   * @param wayMs Network delay one way, in ms.
   */
  quality(wayMs: number): CallQuality | undefined {
    const losses = this.#playout?.losses ?? this.#placed?.losses;
    const codec = this.#decoding?.make.name;
    if (!losses || !codec) return undefined;
    const { lossPercent, burstRatio } = losses;
    const delayMs = wayMs + (this.#playout?.stats.delayMs ?? 0);
    return callQuality({ codec, lossPercent, burstRatio, concealed: this.#playout !== undefined, delayMs });
  }

  get stats(): Omit<RtpSessionStats, 'sent' | 'quality'> {
    return {
      received: this.#received,
      rejected: this.gate.rejected,
      ...(this.#playout && { playout: this.#playout.stats }),
      ...(this.#placed && { placed: this.#placed.stats }),
    };
  }

  playout(): JitterBuffer {
    this.#playout ??= new JitterBuffer(this.#options.maxDelayMs ?? 400);
    return this.#playout;
  }

  stream(): PcmStream {
    if (this.#stream) return this.#stream;
    const { reorderMs = 400, originMs = this.#clock.now() } = this.#options;
    this.#stream = new FedStream(this.#clock);
    this.#placed = new PlacedVoice(this.#clock, this.#stream, { reorderMs, originMs });
    return this.#stream;
  }

  async connect(connection: RtpConnection): Promise<void> {
    const { codec, payloadType, receivePayloadType = payloadType, accepts = [], telephoneEvent } = connection;
    const codecs = new Map<number, VoiceDecoding>();
    for (const each of [...accepts, { codec, payloadType: receivePayloadType }]) {
      const make = makeOf(each.codec);
      if (!make) continue;
      const known = this.#codecs.get(each.payloadType);
      const decoding = known?.make === make ? known : new VoiceDecoding(make, await make.decoder());
      codecs.set(each.payloadType, decoding);
    }
    const payloads = new Map([[COMFORT_NOISE, NOISE_BYTES]]);
    if (telephoneEvent) payloads.set(telephoneEvent.payloadType, EVENT_BYTES);
    for (const [type, { make }] of codecs) payloads.set(type, { least: 1, most: make.maxBytes });
    this.#codecs = codecs;
    this.#connection = connection;
    this.gate.agree({ connection, payloads });
  }

  /** Takes a datagram that has arrived at `atMs`. */
  packet(bytes: Buffer, from: RtpAddress, atMs: number): void {
    const packet = this.gate.admit(bytes, from);
    if (!packet) return;
    const source = this.#source;
    if (source && packet.ssrc !== source.ssrc) {
      const first = this.#candidate;
      if (first?.packet.ssrc !== packet.ssrc) {
        if (first) this.gate.refuseSource();
        this.#candidate = { packet, atMs };
        return;
      }
      this.#candidate = undefined;
      this.#begin(packet);
      this.#take(first.packet, first.atMs);
    } else if (!source) this.#begin(packet);
    this.#take(packet, atMs);
  }

  close(): void {
    this.#cancelPress();
    this.#placed?.end();
    this.#stream?.end({ kind: 'session-closed' });
  }

  get #received(): RtpReceived {
    const { before, source } = { before: this.#before, source: this.#source };
    let damaged = 0;
    for (const decoding of this.#codecs.values()) damaged += decoding.damaged;
    return {
      packets: before.packets + (source?.received ?? 0),
      bytes: this.#bytes,
      lost: before.lost + (source?.lost ?? 0),
      duplicates: before.duplicates + (source?.duplicates ?? 0),
      reordered: before.reordered + (source?.reordered ?? 0),
      jitterMs: source?.jitterMs ?? 0,
      sources: before.sources + (source ? 1 : 0),
      damaged,
    };
  }

  #begin({ ssrc, payloadType }: RtpPacket): void {
    const { codec = 'PCMU' } = this.#connection ?? {};
    const make = this.#codecs.get(payloadType)?.make ?? makeOf(codec);
    this.#before = this.#received;
    this.#source = new RtpSource(ssrc, make?.clockRate ?? 8000);
    this.#presses(this.#digits.finish());
    this.#digits = new TelephoneEventReader();
    this.#playout?.restart();
    this.#placed?.restart();
  }

  #take(packet: RtpPacket, atMs: number): void {
    const isEvent = packet.payloadType === this.#connection?.telephoneEvent?.payloadType;
    const taken = this.#source?.take(packet, atMs, !isEvent);
    if (taken === undefined || taken === 'double') return;
    if (taken === 'stray') {
      this.gate.refuseSource();
      return;
    }
    this.#lastMs = atMs;
    this.#bytes += packet.payload.length;
    if (isEvent) {
      this.#playout?.skip(taken.sequence);
      this.#placed?.skip(taken.sequence);
      this.#event(taken.payload, taken.timestamp);
      return;
    }
    const decoding = this.#codecs.get(packet.payloadType) ?? this.#decoding;
    if (!decoding) return;
    this.#decoding = decoding;
    this.#playout?.arrive(taken, decoding);
    this.#placed?.arrive(taken, decoding);
  }

  #event(payload: Buffer, timestamp: number): void {
    const event = readTelephoneEvent(payload);
    if (!event) return;
    this.#presses(this.#digits.take(event, timestamp));
    this.#cancelPress();
    if (!this.#digits.pressing) return;
    const overMs = this.#clock.now() + PRESS_TIMEOUT_MS;
    this.#cancelPress = this.#clock.timerAt(overMs, () => this.#presses(this.#digits.finish()));
  }

  #presses(presses: readonly Press[]): void {
    const rate = this.#connection?.telephoneEvent?.clockRate ?? 8000;
    for (const press of presses) {
      const digit = digitOf(press.event);
      if (digit === undefined) continue;
      if (press.type === 'begin') this.#events.digit(digit);
      else this.#events.digitEnd(digit, (press.duration * 1000) / rate);
      this.#playout?.press(press.type === 'begin' ? digit : undefined);
    }
  }
}
