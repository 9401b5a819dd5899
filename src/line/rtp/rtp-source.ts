import type { RtpPacket } from './rtp-packet.js';
import { Unwrapped } from './wrapping.js';

/** A packet of a source, its counters without wraps. */
export interface SourcePacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
  /** Time at which it came, by the clock. */
  readonly atMs: number;
}

/** Packets that a source may be ahead of what came before, or behind it, to be of the same stream (RFC 3550, A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 1000;
/** Newest packets whose numbers are remembered, to tell one that comes twice. */
const MEMORY = 1024;
/** No sequence number. */
const NEVER = -0x8000_0000;

/** Counts one source of packets, as RFC 3550 does (appendices A.1, A.3, A.8). */
export class RtpSource {
  readonly ssrc: number;
  readonly #sequences = new Unwrapped(16);
  readonly #timestamps = new Unwrapped(32);
  readonly #clockRate: number;
  readonly #seen = new Int32Array(MEMORY).fill(NEVER);
  #first = 0;
  #highest = -1;
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #jitter = 0;
  #transit: number | undefined;
  #reported = { expected: 0, received: 0 };
  /** Number that would follow a jump which came once: the next one shows if it was one. */
  #afterJump: number | undefined;

  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc;
    this.#clockRate = clockRate;
  }

  get received(): number {
    return this.#received;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Packets that came after one that was sent later. */
  get reordered(): number {
    return this.#reordered;
  }

  /** Packets that have not come, so far; doubles do not count against them. */
  get lost(): number {
    return Math.max(0, this.#expected - this.#received);
  }

  /** Highest number without wraps (extended highest sequence number). */
  get highest(): number {
    return this.#highest;
  }

  /** Interarrival jitter, in ms. */
  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockRate;
  }

  /** Interarrival jitter in units of the timestamps, as RTCP tells it. */
  get jitter(): number {
    return Math.floor(this.#jitter);
  }

  get #expected(): number {
    return this.#received === 0 ? 0 : this.#highest - this.#first + 1;
  }

  /** Share of the packets that were lost since this was asked last: 0 to 255 of 256. */
  fractionLost(): number {
    const expected = this.#expected - this.#reported.expected;
    const lost = expected - (this.#received - this.#reported.received);
    this.#reported = { expected: this.#expected, received: this.#received };
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected));
  }

  /**
   * Takes a packet. Returns it with its counters unwrapped; `double` for one that has come already, `stray` for one whose
   * number fits nothing: two of these in a row begin anew, for the source may have been started again.
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
      // What was counted goes on from here, upwards: the numbers between were never sent.
      if (jump < 0) this.#sequences.wrap();
      this.#first = this.#first + this.#sequences.peek(packet.sequence) - this.#highest - 1;
      this.#seen.fill(NEVER);
    }
    this.#afterJump = undefined;
    const sequence = this.#sequences.take(packet.sequence);
    const slot = ((sequence % MEMORY) + MEMORY) % MEMORY;
    if (this.#seen[slot] === sequence) {
      this.#duplicates++;
      return 'double';
    }
    this.#seen[slot] = sequence;
    if (this.#received === 0) this.#first = sequence;
    // What was sent before the first that came belongs to the stream as well.
    else if (sequence < this.#first) this.#first = sequence;
    this.#received++;
    if (sequence < this.#highest && this.#received > 1) this.#reordered++;
    else this.#highest = sequence;
    const timestamp = this.#timestamps.take(packet.timestamp);
    if (timed) this.#noteJitter(timestamp, atMs);
    const { payloadType, marker, payload } = packet;
    return { payloadType, marker, sequence, timestamp, payload, atMs };
  }

  #noteJitter(timestamp: number, atMs: number): void {
    const transit = (atMs * this.#clockRate) / 1000 - timestamp;
    if (this.#transit !== undefined) {
      const change = Math.abs(transit - this.#transit);
      // A pause of the sender's clock is no jitter.
      if (change < this.#clockRate) this.#jitter += (change - this.#jitter) / 16;
    }
    this.#transit = transit;
  }
}
