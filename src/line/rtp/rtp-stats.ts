import type { LineQuality } from '../../base/line-quality.js';
import type { PlayoutStats } from '../rtp-playout/jitter-buffer.js';
import type { PlacedStats } from '../rtp-playout/placed-voice.js';
import type { CallQuality } from './quality.js';
import type { PeerReport } from './rtcp-reporter.js';

/** Packets that were left out. */
export interface RtpRejected {
  /** No RTP, or cut. */
  readonly malformed: number;
  /** From an address that is not the peer's. */
  readonly strangers: number;
  /** Of a payload type that was not agreed on, or longer than any of its codec. */
  readonly payload: number;
  /** Of another source than the peer's, once and no more; or with a number that fits nothing. */
  readonly source: number;
  /** Not encrypted with the peer's key, or changed on the way. */
  readonly unauthentic: number;
  /** Encrypted packets that came again. */
  readonly replayed: number;
  /** Before it was known what to expect. */
  readonly early: number;
}

/** Counters of the packets that came. */
export interface RtpReceived {
  readonly packets: number;
  /** Bytes of payload. */
  readonly bytes: number;
  /** Packets that never came, so far. */
  readonly lost: number;
  readonly duplicates: number;
  /** Packets that came after one that was sent later. */
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
  /** The jitter buffer of {@link RtpSession.voice}; absent where that is not used. */
  readonly playout?: PlayoutStats;
  /** The voice of {@link RtpSession.stream}; absent where that is not used. */
  readonly placed?: PlacedStats;
  /** Quality of what came; absent before anything has. Delay is that of the buffer, and half a round trip where it is known. */
  readonly quality?: CallQuality;
  /** The peer's own account of what it receives; absent until it has told (RTCP). */
  readonly peer?: PeerReport;
}

/** Quality of what came by a session; nothing before anything has. */
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
