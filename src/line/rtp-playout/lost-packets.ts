import type { SourcePacket } from '../rtp/rtp-source.js';
import { LossRuns } from './loss-runs.js';
import { Voiceless } from './voiceless.js';

/** Tells by the numbers of packets which are missing, and how much of a stretch that makes. */
export class LostPackets {
  /** Losses as they lie in the stream. */
  readonly runs = new LossRuns();
  readonly #voiceless = new Voiceless();
  /** Number of the packet that was played last. */
  #last: number | undefined;
  /** Samples of the packet that was played last, and those that were told as lost since. */
  #usual = 0;
  #lostSince = 0;

  /** Notes a packet without voice: it is not missing. */
  skip(sequence: number): void {
    this.#voiceless.note(sequence);
  }

  /** True once a packet has its place. */
  get isBegun(): boolean {
    return this.#last !== undefined;
  }

  /** Playing begins with the packet of this number. */
  beginAt(sequence: number): void {
    this.#last = sequence - 1;
  }

  /** True for a packet whose place was played already. */
  isLate(sequence: number): boolean {
    return this.#last !== undefined && sequence <= this.#last;
  }

  /** Packets that are missing before one that came. */
  before({ sequence }: SourcePacket): number {
    return this.#voiceless.missing((this.#last ?? sequence - 1) + 1, sequence);
  }

  /** Samples of a stretch of `count` before a packet that were lost, by the packets that are missing; the rest was not sent. */
  samplesBefore(packet: SourcePacket, count: number): number {
    const missing = this.before(packet) * (this.#usual || count);
    const lost = Math.max(0, Math.min(count, missing - this.#lostSince));
    this.#lostSince += lost;
    return lost;
  }

  /**
   * Notes that a packet is played.
   *
   * @param samples Its voice; nothing for comfort noise.
   * @returns samples that are missing before it and were not told by {@link samplesBefore}.
   */
  played(packet: SourcePacket, samples: number | undefined): number {
    const missing = this.before(packet);
    const untold = missing * this.#usual - this.#lostSince;
    this.runs.note(missing);
    this.#last = packet.sequence;
    this.#lostSince = 0;
    if (samples !== undefined) this.#usual = samples;
    return untold;
  }

  restart(): void {
    this.#last = undefined;
    this.#lostSince = 0;
    this.#voiceless.clear();
  }
}
