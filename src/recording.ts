/**
 * `jackfield/recording`: recording one call, or all calls of an endpoint as a service. Recovery, verification,
 * encryption, the catalogue, publication.
 *
 * @module jackfield/recording
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/fenced-emitter.js';
export { type Hours, isWithinHours, nextWithinHours } from './base/hours.js';
export { WEEKDAYS, type Weekday } from './base/local-time.js';
export type { AnnotateOptions, Annotation, RecordingNote } from './recording/archive/annotation-file.js';
export { Catalogue } from './recording/archive/catalogue.js';
export type { CatalogueEntry } from './recording/archive/catalogue-entry.js';
export type { CatalogueQuery } from './recording/archive/catalogue-query.js';
export type { FinishHookOptions } from './recording/archive/finish-hook.js';
export { type Deliver, Outbox, type OutboxEvent, type OutboxOptions } from './recording/archive/outbox.js';
export { listOutbox, retryEvent, type UndeliveredEvent } from './recording/archive/outbox-folder.js';
export { OUTPUT_FORMATS, type OutputFormat } from './recording/archive/publish.js';
export {
  type RecordConfig,
  readRecordConfig,
  recordConfigSchema,
  recorderOptions,
} from './recording/archive/recorder-config.js';
export { Recorder } from './recording/archive/recorder.js';
export type { RecorderEvents, RecorderListener } from './recording/archive/recorder-events.js';
export type { RecorderOptions, RecordPolicy } from './recording/archive/recorder-options.js';
export type { RetentionRules } from './recording/archive/retention.js';
export {
  signWebhook,
  verifyWebhook,
  type VerifyWebhookOptions,
  webhook,
  type WebhookOptions,
} from './recording/archive/webhook.js';
export { CallRecording, type RecordingResult } from './recording/call-recording.js';
export { announceRecording, type ConsentOptions } from './recording/consent.js';
export type { FileFrame } from './recording/evidence/file-frame.js';
export type { RecordingManifest } from './recording/evidence/manifest.js';
export {
  type SignatureState,
  type VerifyFinding,
  type VerifyOptions,
  type VerifyReport,
  verifyRecording,
} from './recording/evidence/verify-recording.js';
export type { CompressedFormat } from './recording/file/compressed.js';
export {
  discardUnfinished,
  findUnfinished,
  isWorthRecovering,
  type RecoverOptions,
  recoverRecording,
} from './recording/file/recover.js';
export type { SegmentResult } from './recording/file/segment.js';
export type { SegmentRules } from './recording/file/segment-rule.js';
export {
  PreparedRecording,
  prepareRecording,
  recordCall,
  type RecordVoiceOptions,
  recordVoice,
} from './recording/record-call.js';
export type { RecordCallOptions } from './recording/record-options.js';
export type { RecordingEvents, RecordingProgress } from './recording/recording-track.js';
export { openSealed } from './recording/sealed/open-sealed.js';
export { readTails, type TailContents } from './recording/sealed/sealed-tail.js';
export type {
  DriftAccount,
  LegStream,
  LegTraffic,
  RecordedCall,
  RecordingEnd,
  RecordingMark,
  RecordingOutput,
  RecordingSidecar,
  SidecarLeg,
} from './recording/sidecar.js';
export {
  type TranscribeRecordingsOptions,
  transcribeRecordings,
} from './recording/archive/transcribe-recordings.js';
