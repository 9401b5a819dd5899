import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { RtpReceived } from '../rtp/rtp-stats.js';
import { RtpSource } from './rtp-source.js';

/** First packet of another source. */
export interface Candidate {
  readonly packet: RtpPacket;
  readonly atMs: number;
}

/** Counters of the packets of all sources. */
export type SourceCounts = Omit<RtpReceived, 'bytes' | 'damaged'>;

const NONE: SourceCounts = {
  ...{ packets: 0, lost: 0, duplicates: 0, reordered: 0 },
  ...{ jitterMs: 0, sources: 0 },
};

/** Sources of the peer's packets, one after the other. A second packet of another source confirms it. */
export class PeerSources {
  readonly #refused: () => void;
  #current: RtpSource | undefined;
  #candidate: Candidate | undefined;
  #before = NONE;

  /** @param refused Called for a packet whose source was not confirmed. */
  constructor(refused: () => void) {
    this.#refused = refused;
  }

  get current(): RtpSource | undefined {
    return this.#current;
  }

  get counts(): SourceCounts {
    const { before, source } = { before: this.#before, source: this.#current };
    return {
      packets: before.packets + (source?.received ?? 0),
      lost: before.lost + (source?.lost ?? 0),
      duplicates: before.duplicates + (source?.duplicates ?? 0),
      reordered: before.reordered + (source?.reordered ?? 0),
      jitterMs: source?.jitterMs ?? 0,
      sources: before.sources + (source ? 1 : 0),
    };
  }

  /**
   * Tells where a packet belongs: to the current source (`current`), or to one that is not confirmed yet (`candidate`).
   * Otherwise its source is to {@link begin}: as the first one (`first`), or with the earlier packet that is returned.
   */
  see(packet: RtpPacket, atMs: number): 'current' | 'candidate' | 'first' | Candidate {
    if (!this.#current) return 'first';
    if (packet.ssrc === this.#current.ssrc) return 'current';
    const earlier = this.#candidate;
    if (earlier?.packet.ssrc === packet.ssrc) {
      this.#candidate = undefined;
      return earlier;
    }
    if (earlier) this.#refused();
    this.#candidate = { packet, atMs };
    return 'candidate';
  }

  /** Begins another source. */
  begin(ssrc: number, clockRate: number): void {
    this.#before = this.counts;
    this.#current = new RtpSource(ssrc, clockRate);
  }
}
