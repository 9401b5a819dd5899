// Leaves.
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './errors.js';
export {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  samplesToMs,
  VOICE_FORMAT,
} from './pcm.js';

// Protocol: the language of the reference.

// Voice: PCM and what is done to it.

// TCP: the PCM server.
export type {
  Direction,
  Lease,
  LeaseEvents,
  LeaseOptions,
  LeaseStats,
  ReadClass,
  RefusedPeer,
  StreamKind,
} from './tcp/lease.js';
export type { CloseReason, LeaseState, LeaseStatus, Peer } from './tcp/lease-state.js';
export { PcmServer, type PcmServerEvents } from './tcp/pcm-server.js';
export type { Playback, PlaybackReport, Player, PlayOptions } from './tcp/player.js';
export type { PortRange } from './tcp/port-listener.js';
export { ManualTimeline, type SampleTimeline, type TimelineFollower } from './tcp/sample-timeline.js';
export type { PcmServerOptions } from './tcp/server-options.js';
export type {
  PcmChunk,
  SinkHandle,
  SinkOptions,
  SinkPolicy,
  SinkStats,
  SynchronousSink,
} from './tcp/sink.js';

// Control: attach, send, wait, be notified.

// Call: a call's voice.

// Voicemail: a voicemail's voice.

// Exchange: the other end of the wire.
