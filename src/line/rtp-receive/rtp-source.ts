import type { RtpPacket } from '../rtp/rtp-packet.js';
import { Unwrapped } from '../rtp/wrapping.js';
import { InterarrivalJitter } from './interarrival-jitter.js';

/** Packet of a source, with its counters unwrapped. */
export interface SourcePacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
  /** Time of arrival, by the clock. */
  readonly atMs: number;
}

/**
 * Most packets that a sequence number may be ahead of the last one, or behind it, in the same stream (RFC 3550, A.1).
 */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 1000;
/** Number of newest packets whose sequence numbers are remembered, to detect duplicates: a power of 2. */
const MEMORY = 1024;
/** Marks a slot without a sequence number. */
const NEVER = -0x8000_0000;

/** Counts the packets of one source (RFC 3550, appendices A.1, A.3 and A.8). */
export class RtpSource {
  readonly ssrc: number;
  readonly #sequences = new Unwrapped(16);
  readonly #timestamps = new Unwrapped(32);
  readonly #jitter: InterarrivalJitter;
  readonly #seen = new Int32Array(MEMORY).fill(NEVER);
  #first = 0;
  #highest = -1;
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #reported = { expected: 0, received: 0 };
  /** Sequence number after that of a stray packet. When the next packet has it, the count restarts there. */
  #afterJump: number | undefined;

  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc;
    this.#jitter = new InterarrivalJitter(clockRate);
  }

  get received(): number {
    return this.#received;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Packets that arrived after one that was sent later. */
  get reordered(): number {
    return this.#reordered;
  }

  /** Packets that have not arrived so far. Duplicates do not count as received. */
  get lost(): number {
    return Math.max(0, this.#expected - this.#received);
  }

  /** Highest sequence number, unwrapped (extended highest sequence number). */
  get highest(): number {
    return this.#highest;
  }

  /** Interarrival jitter, in ms. */
  get jitterMs(): number {
    return this.#jitter.ms;
  }

  /** Interarrival jitter in timestamp units, as in RTCP. */
  get jitter(): number {
    return Math.floor(this.#jitter.value);
  }

  get #expected(): number {
    return this.#received === 0 ? 0 : this.#highest - this.#first + 1;
  }

  /** Returns the share of the packets lost since the last call, in 1/256: 0 to 255. */
  fractionLost(): number {
    const expected = this.#expected - this.#reported.expected;
    const lost = expected - (this.#received - this.#reported.received);
    this.#reported = { expected: this.#expected, received: this.#received };
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected));
  }

  /**
   * Takes a packet. Returns it with its counters unwrapped, `double` for a packet that has already arrived, or `stray`
   * for one whose sequence number is too far from the others. Two consecutive strays restart the count, because the
   * source may have restarted.
   *
   * @param timed False for a packet whose timestamp is not the time at which it was sent.
   */
  take(packet: RtpPacket, atMs: number, timed = true): SourcePacket | 'double' | 'stray' {
    const jump = this.#received > 0 ? this.#sequences.peek(packet.sequence) - this.#highest : 1;
    if (jump > MAX_DROPOUT || jump < -MAX_MISORDER) {
      if (packet.sequence !== this.#afterJump) {
        this.#afterJump = (packet.sequence + 1) & 0xffff;
        return 'stray';
      }
      // The count continues from here, upwards. The numbers in between were never sent.
      if (jump < 0) this.#sequences.wrap();
      this.#first = this.#first + this.#sequences.peek(packet.sequence) - this.#highest - 1;
      this.#seen.fill(NEVER);
    }
    this.#afterJump = undefined;
    const sequence = this.#sequences.take(packet.sequence);
    const slot = sequence & (MEMORY - 1);
    if (this.#seen[slot] === sequence) {
      this.#duplicates++;
      return 'double';
    }
    this.#seen[slot] = sequence;
    if (this.#received === 0) this.#first = sequence;
    // Packets sent before the first one that arrived belong to the stream as well.
    else if (sequence < this.#first) this.#first = sequence;
    this.#received++;
    if (sequence < this.#highest && this.#received > 1) this.#reordered++;
    else this.#highest = sequence;
    const timestamp = this.#timestamps.take(packet.timestamp);
    if (timed) this.#jitter.note(timestamp, atMs);
    const { payloadType, marker, payload } = packet;
    return { payloadType, marker, sequence, timestamp, payload, atMs };
  }
}
