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
export { ApiError, errorText } from './protocol/api-error.js';
export { CALL_STATUSES, type CallStatus, isTerminalCallStatus } from './protocol/catalogue/call-status.js';
export { ERROR_TEXTS, type ErrorNumber } from './protocol/catalogue/error-codes.js';
export { CALL_FAILURE_REASONS, type CallFailureReason } from './protocol/catalogue/failure-reasons.js';
export type { StreamTarget } from './protocol/catalogue/spec.js';
export { commands } from './protocol/commands.js';
export {
  FramingError,
  LineFramer,
  type LineFramerOptions,
  type LineTerminator,
} from './protocol/line-framer.js';
export type { CommandMessage, EndpointMessage } from './protocol/message.js';
export { parseCommand } from './protocol/parse-command.js';
export { parseReply } from './protocol/parse-reply.js';
export { answering, replies } from './protocol/replies.js';
export { type SerializeOptions, serialize } from './protocol/serialize.js';
export { formatStreamTargets, parseStreamTargets } from './protocol/stream-target.js';

// Voice: PCM and what is done to it.
export { decodeG711, encodeG711, type G711Law } from './voice/codec/g711.js';
export { mapChannels, mergeChannels, mixChannels, splitChannels } from './voice/convert/channels.js';
export type { ResampleQuality } from './voice/convert/resample-filter.js';
export { Resampler, type ResamplerOptions, resample } from './voice/convert/resampler.js';
export { type ToFormatOptions, toFormat } from './voice/convert/to-format.js';
export { type DrawWaveformOptions, drawWaveform } from './voice/draw/draw-waveform.js';
export {
  type Level,
  LevelMeter,
  type LevelMeterOptions,
  type LevelReading,
  measureLevel,
} from './voice/level/level-meter.js';
export type { PcmInput, PcmProgress } from './voice/pcm-input.js';
export {
  analyzePcm,
  analyzeSamples,
  collectSamples,
  concatSamples,
  type PcmAnalyzer,
  type PcmTransform,
  transformPcm,
  transformSamples,
} from './voice/stage.js';
export { ToneDetector, type ToneDetectorOptions, type ToneEvent } from './voice/tone/tone-detector.js';
export { type ToneOptions, toneSamples } from './voice/tone/tone-samples.js';
export type { AudioTags } from './voice/transcode/encoder.js';
export {
  type TranscodeFormat,
  type TranscodeOptions,
  type TranscodeResult,
  transcode,
} from './voice/transcode/transcode.js';
export type { WavEncoding, WavWriteEncoding } from './voice/wav/wav-encoding.js';
export { WAV_ERROR_REASONS, WavError, type WavErrorReason } from './voice/wav/wav-error.js';
export type { WavLayout } from './voice/wav/wav-layout.js';
export type { WavBroadcast, WavInfo, WavMetadata } from './voice/wav/wav-metadata.js';
export { WavReader, type WavReadOptions } from './voice/wav/wav-reader.js';
export { WavWriter, type WavWriterOptions } from './voice/wav/wav-writer.js';

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
export { PcmServer, type PcmServerEvents, type PcmServerOptions } from './tcp/pcm-server.js';
export type { Playback, PlaybackReport, Player, PlayOptions } from './tcp/player.js';
export type { PortRange } from './tcp/port-listener.js';
export type { PcmChunk } from './tcp/sample-queue.js';
export { ManualTimeline, type SampleTimeline, type TimelineFollower } from './tcp/sample-timeline.js';
export type { SinkHandle, SinkOptions, SinkPolicy, SinkStats, SynchronousSink } from './tcp/sink-feed.js';

// Control: attach, send, wait, be notified.

// Call: a call's voice.

// Voicemail: a voicemail's voice.

// Exchange: the other end of the wire.
