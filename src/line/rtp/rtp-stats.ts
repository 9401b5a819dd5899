import type { LineQuality } from '../../base/line-quality.js';
import type { PlayoutStats } from '../rtp-playout/jitter-buffer.js';
import type { PlacedStats } from '../rtp-playout/placed-voice.js';
import type { CallQuality } from './quality.js';
import type { PeerReport } from './rtcp-reporter.js';

/** Counts of dropped packets, by reason. */
export interface RtpRejected {
  /** Not RTP, or truncated. */
  readonly malformed: number;
  /** From an address that is not the peer's. */
  readonly strangers: number;
  /** Of a payload type that was not agreed on, or of a length that is not valid for it. */
  readonly payload: number;
  /** A single packet of another source, or a packet whose sequence number is too far from the others. */
  readonly source: number;
  /** Not encrypted with the peer's key, or changed on the way. */
  readonly unauthentic: number;
  /** Encrypted packets that arrived again. */
  readonly replayed: number;
  /** Packets that arrived before the session was connected. */
  readonly early: number;
}

/** Counters of received packets. */
export interface RtpReceived {
  readonly packets: number;
  /** Bytes of payload. */
  readonly bytes: number;
  /** Packets that have not arrived so far. */
  readonly lost: number;
  readonly duplicates: number;
  /** Packets that arrived after one that was sent later. */
  readonly reordered: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1), in ms. */
  readonly jitterMs: number;
  /** Sources that the voice has come from, one after the other. */
  readonly sources: number;
  /** Payloads that could not be decoded. */
  readonly damaged: number;
}

/** Counters of an {@link RtpSession}. */
export interface RtpSessionStats {
  readonly received: RtpReceived;
  readonly sent: { readonly packets: number; readonly bytes: number };
  readonly rejected: RtpRejected;
  /** Jitter buffer of {@link RtpSession.voice}; absent when that is not used. */
  readonly playout?: PlayoutStats;
  /** Voice of {@link RtpSession.stream}; absent when that is not used. */
  readonly placed?: PlacedStats;
  /**
   * Quality of the received voice; absent before any has arrived. Its delay is that of the buffer, plus half a round
   * trip when that is known.
   */
  readonly quality?: CallQuality;
  /** Report of the peer on what it receives (RTCP); absent before the first one. */
  readonly peer?: PeerReport;
}

/** Returns the quality of the voice that a session has received; undefined before any has arrived. */
export function lineQuality({
  received,
  playout,
  placed,
  quality,
}: RtpSessionStats): LineQuality | undefined {
  if (!quality) return undefined;
  const { packets, lost, duplicates, jitterMs } = received;
  return {
    ...{ packets, lost, late: playout?.late ?? placed?.late ?? 0, duplicates, jitterMs },
    ...(playout && { insertedMs: playout.insertedMs, removedMs: playout.removedMs }),
    ...quality,
  };
}
