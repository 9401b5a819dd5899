import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { RtpSource } from '../rtp-receive/rtp-source.js';
import {
  type ReceptionReport,
  type RtcpPacket,
  readRtcp,
  type SenderInfo,
  writeRtcp,
} from './rtcp-packet.js';
import type { RtpSender } from './rtp-sender.js';

/** Mean time between two reports, in ms. Each interval is 0.5 to 1.5 times this, at random (RFC 3550, section 6.2). */
const INTERVAL_MS = 5000;
/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH = 2_208_988_800;
/** Units of the times in reports: there are 65536 in a second. */
const UNITS_PER_MS = 65.536;
/** Round trip below zero that is a matter of clocks that count in ms, in ms. */
const ROUNDING_MS = 2;

/** Report of the peer on what it receives. */
export interface PeerReport {
  /** Share of the packets lost on the way to the peer in its last interval, in percent. */
  readonly lossPercent: number;
  /** Packets lost in total. */
  readonly lost: number;
  readonly jitterMs: number;
  /** Round-trip time, in ms; absent until it is known. */
  readonly roundTripMs?: number;
}

/** The part of a session that its reporter uses. */
export interface Reported {
  readonly clock: Clock;
  readonly cname: string;
  readonly sender: RtpSender;
  /** Clock rate of the timestamps that are sent, in Hz. */
  clockRate(): number;
  source(): RtpSource | undefined;
  send(packet: Buffer): void;
  bye(): void;
}

/** Sends reports on what was received, and reads those of the peer (RTCP, RFC 3550, section 6). */
export class RtcpReporter {
  readonly #session: Reported;
  #cancel: CancelTimer | undefined;
  /** Last sender report of the peer: the middle 32 bits of its time, and the time at which it arrived. */
  #heard: { readonly middle: number; readonly atMs: number } | undefined;
  #peer: PeerReport | undefined;
  /** Packets sent up to the last report. If none was sent since, the next one is a receiver report. */
  #sentBefore = 0;

  constructor(session: Reported) {
    this.#session = session;
  }

  get peer(): PeerReport | undefined {
    return this.#peer;
  }

  /** Starts the reports. Does nothing when they are already running. */
  start(): void {
    if (this.#cancel) return;
    const { clock } = this.#session;
    const next = (): void => {
      this.#cancel = clock.timerAt(clock.now() + INTERVAL_MS * (0.5 + Math.random()), () => {
        this.#report();
        next();
      });
    };
    next();
  }

  /** Takes a compound packet of the peer that has arrived at `atMs`. */
  take(bytes: Buffer, atMs: number): void {
    for (const packet of readRtcp(bytes)) {
      if (packet.type === 'report') this.#takeReport(packet, atMs);
      else if (packet.type === 'bye' && this.#isPeer(packet.ssrcs)) this.#session.bye();
    }
  }

  /** Sends RTCP BYE and stops the reports. */
  stop(): void {
    const { sender, send } = this.#session;
    if (this.#cancel) send(writeRtcp([...this.#compound(), { type: 'bye', ssrcs: [sender.ssrc] }]));
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** True when the source of the voice is among these, or no source is known yet. */
  #isPeer(ssrcs: readonly number[]): boolean {
    const source = this.#session.source();
    return !source || ssrcs.includes(source.ssrc);
  }

  #report(): void {
    this.#session.send(writeRtcp(this.#compound()));
  }

  #compound(): RtcpPacket[] {
    const { sender, cname } = this.#session;
    const isSender = sender.packets > this.#sentBefore;
    this.#sentBefore = sender.packets;
    return [
      {
        type: 'report',
        ssrc: sender.ssrc,
        ...(isSender && { sender: this.#senderInfo() }),
        reports: this.#receptions(),
      },
      { type: 'description', ssrc: sender.ssrc, cname },
    ];
  }

  #senderInfo(): SenderInfo {
    const { clock, sender } = this.#session;
    const seconds = clock.unixMs() / 1000 + NTP_EPOCH;
    return {
      ntpSeconds: Math.floor(seconds),
      ntpFraction: Math.floor((seconds % 1) * 2 ** 32),
      timestamp: sender.timestamp,
      packets: sender.packets,
      octets: sender.octets,
    };
  }

  #receptions(): ReceptionReport[] {
    const source = this.#session.source();
    if (!source || source.received === 0) return [];
    const heard = this.#heard;
    const delay = heard ? Math.round((this.#session.clock.now() - heard.atMs) * UNITS_PER_MS) : 0;
    return [
      {
        ssrc: source.ssrc,
        fractionLost: source.fractionLost(),
        lost: source.lost,
        highest: source.highest,
        jitter: source.jitter,
        lastReport: heard?.middle ?? 0,
        delay: Math.max(0, Math.min(0xffff_ffff, delay)),
      },
    ];
  }

  #takeReport({ sender: info, reports }: RtcpPacket & { readonly type: 'report' }, atMs: number): void {
    const { clock, sender } = this.#session;
    if (info) this.#heard = { middle: middleOf(info.ntpSeconds, info.ntpFraction), atMs };
    const own = reports.find(({ ssrc }) => ssrc === sender.ssrc);
    if (!own) return;
    const seconds = (clock.unixMs() + atMs - clock.now()) / 1000 + NTP_EPOCH;
    const now = middleOf(Math.floor(seconds), Math.floor((seconds % 1) * 2 ** 32));
    // Times of 32 bits wrap after 18 hours, and the peer rounds its delay.
    const trip = ((now - own.lastReport - own.delay) | 0) / UNITS_PER_MS;
    const isTrip = own.lastReport !== 0 && trip > -ROUNDING_MS && trip < 60_000;
    const roundTripMs = isTrip ? Math.max(0, trip) : this.#peer?.roundTripMs;
    this.#peer = {
      lossPercent: (own.fractionLost * 100) / 256,
      lost: own.lost,
      jitterMs: (own.jitter * 1000) / this.#session.clockRate(),
      ...(roundTripMs !== undefined && { roundTripMs }),
    };
  }
}

/** Middle 32 bits of a 64-bit time. */
function middleOf(seconds: number, fraction: number): number {
  return (seconds & 0xffff) * 0x1_0000 + Math.floor(fraction / 0x1_0000);
}
