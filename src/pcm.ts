/**
 * `jackfield/pcm`: PCM over TCP. The server, its leases, sinks under a policy, the paced player, the alignment of two
 * legs, and a call's voice: its streams, redirected to leases.
 *
 * @module jackfield/pcm
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  samplesToMs,
  VOICE_FORMAT,
} from './base/pcm.js';
export type { CallControl } from './call/call-control.js';
export {
  type CallVoice,
  type CallVoiceOptions,
  openCallVoice,
  type VoiceListener,
} from './call/call-voice.js';
export type { JoinedVoice, PortPlace, VoiceJoiner } from './call/join-voice.js';
export { shareJoiner, speakerJoiner, turnTaker } from './call/share/share-client.js';
export { ShareServer } from './call/share/share-server.js';
export type {
  GapName,
  LedgerSpan,
  LedgerTotals,
  LegEnds,
  LegLedger,
  LegName,
  SpanKind,
  SpanReason,
  StreamGap,
} from './stream/align/ledger.js';
export type { NamedStretch } from './stream/align/stretch-places.js';
export type { AlignedSink } from './stream/align/aligned-output.js';
export {
  type AlignerContext,
  LegAligner,
  type LegAlignerOptions,
} from './stream/align/leg-aligner.js';
export {
  type LegChunk,
  type LegPair,
  type LegTap,
  type LegTapOptions,
  type PairTapOptions,
  tapLegs,
} from './stream/align/leg-tap.js';
export type {
  Direction,
  Listen,
  PcmStream,
  PcmStreamEvents,
  PcmStreamState,
  PcmStreamStats,
  ReadClass,
  StreamEnd,
} from './stream/pcm-stream.js';
export type { Playback, PlaybackReport, Player, PlayOptions } from './stream/player.js';
export { ManualTimeline, type SampleTimeline, type TimelineFollower } from './stream/sample-timeline.js';
export type {
  FileSinkSpec,
  PcmChunk,
  SinkHandle,
  SinkOptions,
  SinkPolicy,
  SinkStats,
  SynchronousSink,
} from './stream/sink.js';
export type {
  Lease,
  LeaseEvents,
  LeaseFeed,
  LeaseOptions,
  LeaseStats,
  RefusedPeer,
  StreamKind,
} from './tcp/lease.js';
export type { LeaseSource } from './tcp/lease-reservation.js';
export type { CloseReason, LeaseState, LeaseStatus, Peer } from './tcp/lease-state.js';
export { PcmServer, type PcmServerEvents } from './tcp/pcm-server.js';
export type { PortRange } from './tcp/port-listener.js';
export { type PrometheusOptions, prometheusText } from './tcp/prometheus.js';
export type { PcmServerOptions } from './tcp/server-options.js';
export type { ServerSnapshot, StreamSnapshot } from './tcp/server-stats.js';
