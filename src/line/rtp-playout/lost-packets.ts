import type { SourcePacket } from '../rtp-receive/rtp-source.js';
import { LossRuns } from './loss-runs.js';
import { Voiceless } from './voiceless.js';

/** Finds missing packets by their sequence numbers, and the samples that they make up. */
export class LostPackets {
  /** Runs of losses in the stream. */
  readonly runs = new LossRuns();
  readonly #voiceless = new Voiceless();
  /** Sequence number of the last packet that was played. */
  #last: number | undefined;
  /** Samples of the last packet that was played, and samples that were reported as lost since. */
  #usual = 0;
  #lostSince = 0;

  /** Notes a packet without voice, so that it does not count as missing. */
  skip(sequence: number): void {
    this.#voiceless.note(sequence);
  }

  /** True once playing has begun. */
  get isBegun(): boolean {
    return this.#last !== undefined;
  }

  /** Begins playing with the packet of this sequence number. */
  beginAt(sequence: number): void {
    this.#last = sequence - 1;
  }

  /** Returns true for a packet that comes after its position was played. */
  isLate(sequence: number): boolean {
    return this.#last !== undefined && sequence <= this.#last;
  }

  /** Returns the number of packets that are missing before `packet`. */
  before({ sequence }: SourcePacket): number {
    return this.#voiceless.missing((this.#last ?? sequence - 1) + 1, sequence);
  }

  /**
   * Returns how many of the `count` samples before a packet were lost, by the missing packets. The rest was not sent.
   */
  samplesBefore(packet: SourcePacket, count: number): number {
    const missing = this.before(packet) * (this.#usual || count);
    const lost = Math.max(0, Math.min(count, missing - this.#lostSince));
    this.#lostSince += lost;
    return lost;
  }

  /**
   * Notes that a packet is played.
   *
   * @param samples Samples of its voice; undefined for comfort noise.
   * @returns samples that are missing before it and were not reported by {@link samplesBefore}.
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
