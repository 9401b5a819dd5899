import type { Clock } from '../../base/time/clock.js';
import { FedStream } from '../../stream/fed-stream.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import { AgreedCodecs } from '../rtp/agreed-codecs.js';
import { type CallQuality, callQuality } from '../rtp/quality.js';
import type { RtpConnection, RtpSessionOptions } from '../rtp/rtp-options.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { RtpSessionStats } from '../rtp/rtp-stats.js';
import type { RtpAddress } from '../rtp/rtp-transport.js';
import { JitterBuffer } from '../rtp-playout/jitter-buffer.js';
import { PlacedVoice } from '../rtp-playout/placed-voice.js';
import { KeyPresses, type KeyPressListener } from './key-presses.js';
import { PacketGate } from './packet-gate.js';
import { PeerSources } from './peer-sources.js';
import type { RtpSource } from './rtp-source.js';

/** Listeners of a receiver. */
export interface ReceiverEvents extends KeyPressListener {
  latched(from: RtpAddress): void;
}

/**
 * Receiving half of a session. It counts the sources of the peer's packets, and passes each packet to the part that
 * handles it.
 */
export class RtpReceiver {
  readonly gate: PacketGate;
  readonly #clock: Clock;
  readonly #options: RtpSessionOptions;
  readonly #codecs = new AgreedCodecs();
  readonly #sources = new PeerSources(() => this.gate.refuseSource());
  readonly #presses: KeyPresses;
  #bytes = 0;
  #lastMs: number | undefined;
  #playout: JitterBuffer | undefined;
  #stream: FedStream | undefined;
  #placed: PlacedVoice | undefined;

  constructor(clock: Clock, options: RtpSessionOptions, events: ReceiverEvents) {
    this.#clock = clock;
    this.#options = options;
    this.gate = new PacketGate(options, (from) => events.latched(from));
    this.#presses = new KeyPresses(clock, {
      digit: (digit) => {
        events.digit(digit);
        this.#playout?.press(digit);
      },
      digitEnd: (digit, durationMs) => {
        events.digitEnd(digit, durationMs);
        this.#playout?.press(undefined);
      },
    });
  }

  /** Time at which the last packet of the peer arrived. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  get source(): RtpSource | undefined {
    return this.#sources.current;
  }

  /**
   * Quality of what is played or placed; undefined before a packet has arrived.
   *
   * @param wayMs Network delay one way, in ms.
   */
  quality(wayMs: number): CallQuality | undefined {
    const losses = this.#playout?.losses ?? this.#placed?.losses;
    const codec = this.#codecs.last?.make.name;
    if (!losses || !codec) return undefined;
    const { lossPercent, burstRatio } = losses;
    const delayMs = wayMs + (this.#playout?.stats.delayMs ?? 0);
    return callQuality({ codec, lossPercent, burstRatio, concealed: this.#playout !== undefined, delayMs });
  }

  get stats(): Omit<RtpSessionStats, 'sent' | 'quality'> {
    return {
      received: { ...this.#sources.counts, bytes: this.#bytes, damaged: this.#codecs.damaged },
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
    this.gate.agree(await this.#codecs.agree(connection));
    this.#presses.clockRate = connection.telephoneEvent?.clockRate ?? 8000;
  }

  /** Takes a datagram that has arrived at `atMs`: a part of `bytes`. */
  packet(bytes: Buffer, from: RtpAddress, atMs: number, start?: number, end?: number): void {
    const packet = this.gate.admit(bytes, from, start, end);
    if (!packet) return;
    const seen = this.#sources.see(packet, atMs);
    if (seen === 'candidate') return;
    if (seen !== 'current') this.#begin(packet);
    if (typeof seen === 'object') this.#take(seen.packet, seen.atMs);
    this.#take(packet, atMs);
  }

  close(): void {
    this.#presses.close();
    this.#placed?.end();
    this.#stream?.end({ kind: 'session-closed' });
  }

  #begin({ ssrc, payloadType }: RtpPacket): void {
    this.#sources.begin(ssrc, this.#codecs.clockRateOf(payloadType));
    this.#presses.restart();
    this.#playout?.restart();
    this.#placed?.restart();
  }

  #take(packet: RtpPacket, atMs: number): void {
    const isEvent = this.#codecs.isEvent(packet.payloadType);
    const taken = this.#sources.current?.take(packet, atMs, !isEvent);
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
      this.#presses.take(taken.payload, taken.timestamp);
      return;
    }
    const decoding = this.#codecs.decodingOf(packet.payloadType);
    if (!decoding) return;
    this.#playout?.arrive(taken, decoding);
    this.#placed?.arrive(taken, decoding);
  }
}
