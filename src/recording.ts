/**
 * `jackfield/recording`: recording one call, or all calls of an endpoint as a service. Recovery, verification,
 * encryption, the catalogue, publication.
 *
 * @module jackfield/recording
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export type { LineQuality } from './base/line-quality.js';
export { type Hours, isWithinHours, nextWithinHours } from './base/time/hours.js';
export { WEEKDAYS, type Weekday } from './base/time/local-time.js';
export type { AnnotateOptions, Annotation, RecordingNote } from './recording/archive/annotation-file.js';
export { Catalogue } from './recording/archive/catalogue.js';
export type { HeardRecording } from './recording/archive/still-masked.js';
export type { CatalogueEntry } from './recording/archive/catalogue-entry.js';
export type { CatalogueQuery } from './recording/archive/catalogue-query.js';
export type { FinishHookOptions } from './recording/publication/finish-hook.js';
export {
  type Deliver,
  Outbox,
  type OutboxEvent,
  type OutboxOptions,
} from './recording/publication/outbox.js';
export { listOutbox, retryEvent, type UndeliveredEvent } from './recording/publication/outbox-folder.js';
export { OUTPUT_FORMATS, type OutputFormat } from './recording/publication/publish.js';
export {
  type RecordConfig,
  readRecordConfig,
  recordConfigSchema,
  recorderOptions,
} from './recording/recorder/recorder-config.js';
export { Recorder } from './recording/recorder/recorder.js';
export type { RecorderEvents, RecorderListener } from './recording/recorder/recorder-events.js';
export type { RecorderFork } from './recording/recorder/fork-recorded.js';
export type { RecorderOptions, RecordPolicy } from './recording/recorder/recorder-options.js';
export type { RetentionRules } from './recording/archive/retention.js';
export {
  signWebhook,
  verifyWebhook,
  type VerifyWebhookOptions,
  webhook,
  type WebhookOptions,
} from './recording/publication/webhook.js';
export { CallRecording, type RecordingResult } from './recording/call-recording.js';
export { announceRecording, type ConsentOptions } from './recording/consent.js';
export type { FileFrame } from './recording/evidence/file-frame.js';
export type { ManifestRenewal, RecordingManifest } from './recording/evidence/manifest.js';
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
export type { LiveMaskStats } from './recording/masking/live-mask.js';
export type { LiveMaskOptions } from './recording/masking/live-mask-options.js';
export type { RecordingEvents, RecordingProgress } from './recording/recording-events.js';
export { analyseSealed } from './recording/sealed/analyse-sealed.js';
export { openSealed } from './recording/sealed/open-sealed.js';
export { isSealed } from './recording/sealed/recorded-legs.js';
export { readTails, type TailContents } from './recording/sealed/sealed-tail.js';
export type {
  DriftAccount,
  LegStream,
  LegTraffic,
  RecordedCall,
  RecordingEnd,
  RecordingMark,
  RecordingMasking,
  RecordingOutput,
  RecordingSidecar,
  SidecarLeg,
} from './recording/sidecar.js';
export {
  type AnalyseRecordingsOptions,
  analyseRecordings,
} from './recording/archive/analyse-recordings.js';
export { type CallFigures, readAnalysis } from './recording/archive/analysis-file.js';
export { readTranscript } from './recording/archive/transcript-file.js';
export type { AnalysedCall } from './recording/recorder/analyse-recorded.js';
export type { AnnotatedRecording } from './recording/archive/annotation-file.js';
export {
  type TranscribeRecordingsOptions,
  transcribeRecordings,
} from './recording/archive/transcribe-recordings.js';
export { recordSiprec } from './recording/siprec/record-siprec.js';
export { parseVcon, type Vcon } from './recording/vcon/vcon.js';
export {
  type MaskRecordingsOptions,
  type MaskStretch,
  maskRecordings,
  resumeMasking,
} from './recording/masking/mask-recordings.js';
export { readPhrases } from './recording/masking/phrase-list.js';
export type { AfterCallsEvents } from './recording/masking/after-calls.js';
export type { AfterCallsOptions, MaskAfterCalls } from './recording/masking/after-calls-options.js';
export type { MaskedRecording } from './recording/masking/mask-recording.js';
export type { MaskSpan } from './recording/masking/mask-spans.js';
export { vconAudio } from './recording/vcon/vcon-audio.js';
export { vconTranscript } from './recording/vcon/vcon-transcript.js';
export { type VconOptions, vconOf } from './recording/vcon/vcon-of.js';
