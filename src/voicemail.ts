/**
 * `jackfield/voicemail`: the voice of voicemails. Leave, play, answer, archive, transcribe.
 *
 * @module jackfield/voicemail
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export { type Hours, isWithinHours, nextWithinHours } from './base/time/hours.js';
export { WEEKDAYS, type Weekday } from './base/time/local-time.js';
export {
  type AnsweringBotOptions,
  answeringBot,
  type ReviewKeys,
} from './voicemail/answering/answering-bot.js';
export {
  AnsweringMachine,
  type AnsweringMachineEvents,
  type AnsweringMachineOptions,
} from './voicemail/answering/answering-machine.js';
export type { AnsweringHours, AnsweringRule } from './voicemail/answering/answering-rule.js';
export {
  type MessageOptions,
  MessageTaker,
  type MessageTakerEvents,
  type MessageTakerOptions,
  type NoticeHook,
} from './voicemail/answering/message-taker.js';
export type { VoicemailNotice } from './voicemail/answering/voicemail-notice.js';
export type { ArchiveRoute } from './voicemail/archive/archive-message.js';
export type { ArchiveQuery } from './voicemail/archive/archive-query.js';
export {
  type ArchiveProgress,
  type ArchiveReport,
  type ArchiveVoicemailsOptions,
  archiveVoicemails,
} from './voicemail/archive/archive-voicemails.js';
export {
  ARCHIVE_FAILURES,
  type ArchivedAudio,
  type ArchivedMessage,
  type ArchiveState,
  type AttemptFailure,
  type UnwrittenAudio,
  type VoicemailFacts,
} from './voicemail/archive/archived-message.js';
export type { AudioIntake } from './voicemail/archive/audio-intake.js';
export type { StoredOutcome } from './voicemail/archive/message-catalogue.js';
export {
  EXPORT_FORMATS,
  type ExportArchiveOptions,
  type ExportFormat,
  exportArchive,
} from './voicemail/export/export-archive.js';
export { type ArchiveRebuild, rebuildArchive } from './voicemail/archive/rebuild-archive.js';
export type { VoicemailSidecar } from './voicemail/archive/voicemail-sidecar.js';
export type { ArchiveFault } from './voicemail/archive/verify-message.js';
export {
  type ArchiveVerification,
  type IntakeAccount,
  type RetentionPolicy,
  type StoredMessage,
  type VerifyArchiveOptions,
  VoicemailArchive,
  type VoicemailArchiveOptions,
} from './voicemail/archive/voicemail-archive.js';
export {
  type LeaveProgress,
  type LeaveVoicemailEvents,
  type LeaveVoicemailOptions,
  leaveVoicemail,
  OutgoingVoicemail,
  type SentVoicemail,
} from './voicemail/leave-voicemail.js';
export type { VoicemailInput } from './voicemail/message-input.js';
export {
  type PlayVoicemailOptions,
  playVoicemail,
  type ReceivedVoicemail,
  type ReceiveVoicemailOptions,
  receiveVoicemail,
} from './voicemail/play-voicemail.js';
export {
  greetingOf,
  type RecordGreetingOptions,
  recordGreeting,
} from './voicemail/record-greeting.js';
export {
  type CommandTranscriberOptions,
  commandTranscriber,
} from './voice/transcript/command-transcriber.js';
export type {
  Transcriber,
  Transcript,
  TranscriptRequest,
  TranscriptSegment,
  TranscriptWord,
} from './voice/transcript/transcriber.js';
export {
  type TranscribeArchiveOptions,
  transcribeArchive,
} from './voicemail/archive/transcribe-archive.js';
export { type FlowVoicemailOptions, flowVoicemail } from './voicemail/flow-voicemail.js';
export { voicemailFacts } from './voicemail/voicemail-facts.js';
export { openVoicemailPort, type VoicemailPortOptions } from './voicemail/voicemail-port.js';
export { deleteVoicemail, downloadVoicemail, markVoicemailUnplayed } from './voicemail/voicemail-waits.js';
