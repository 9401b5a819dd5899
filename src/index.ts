// Leaves.
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/fenced-emitter.js';
export { type Hours, isWithinHours, nextWithinHours } from './base/hours.js';
export { WEEKDAYS, type Weekday } from './base/local-time.js';
export {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  samplesToMs,
  VOICE_FORMAT,
} from './base/pcm.js';

// Protocol: the language of the reference.
export { ApiError, errorText } from './protocol/api-error.js';
export {
  CALL_STATUSES,
  CALL_TRANSITIONS,
  type CallStatus,
  canCallMove,
  isTerminalCallStatus,
} from './protocol/catalogue/call-status.js';
export { CHAT_OPTIONS, CHAT_ROLES } from './protocol/catalogue/chat.js';
export { ERROR_REASONS, ERROR_TEXTS, type ErrorNumber } from './protocol/catalogue/error-codes.js';
export { CALL_FAILURE_REASONS, type CallFailureReason } from './protocol/catalogue/failure-reasons.js';
export { OBJECTS } from './protocol/catalogue/objects.js';
export { PARAMETERS } from './protocol/catalogue/parameters.js';
export { LISTS, SEARCHES, type SearchSpec } from './protocol/catalogue/searches.js';
export type {
  Access,
  ActionSpec,
  CommandErrors,
  ObjectSpec,
  ParameterSpec,
  PropertySpec,
  Since,
} from './protocol/catalogue/spec.js';
export type {
  CodedName,
  ConferenceParticipant,
  ForwardRule,
  PlainDate,
  StreamBytes,
  StreamName,
  StreamTarget,
  ValueType,
  ValueTypes,
} from './protocol/catalogue/value-type.js';
export { type FormSpec, VERBS, type VerbSpec } from './protocol/catalogue/verbs.js';
export {
  canVoicemailMove,
  VOICEMAIL_FAILURE_REASONS,
  VOICEMAIL_STATUSES,
  VOICEMAIL_TRANSITIONS,
  type VoicemailFailureReason,
  type VoicemailStatus,
} from './protocol/catalogue/voicemail-status.js';
export { HISTORIES, type TargetSpec, WINDOWS } from './protocol/catalogue/windows.js';
export { errorsOf } from './protocol/command-errors.js';
export { commands, type NamedObject, type StreamAction } from './protocol/commands.js';
export type { Correction } from './protocol/correct.js';
export type { ExplainedPart } from './protocol/explain-parts.js';
export { type Explanation, explain } from './protocol/explain.js';
export {
  FramingError,
  LineFramer,
  type LineFramerOptions,
  type LineTerminator,
} from './protocol/line-framer.js';
export type {
  ActionName,
  CommandMessage,
  EndpointMessage,
  ListName,
  ObjectId,
  ObjectName,
  ParameterName,
  PropertyName,
  SearchName,
} from './protocol/message.js';
export { parseCommand } from './protocol/parse-command.js';
export { parseReply } from './protocol/parse-reply.js';
export { answering, replies } from './protocol/replies.js';
export { type SerializeOptions, serialize } from './protocol/serialize.js';
export {
  formatSkypeUri,
  parseSkypeUri,
  SKYPE_URI_ACTIONS,
  type SkypeUri,
  type SkypeUriAction,
} from './protocol/skype-uri.js';
export { formatStreamTargets, parseStreamTargets } from './protocol/stream-target.js';
export {
  decodeParameter,
  decodeProperty,
  encodeParameter,
  encodeProperty,
  type ParameterValue,
  type PropertyValue,
} from './protocol/values.js';
export {
  fromVersion,
  negotiateProtocol,
  PROTOCOL_VERSION,
  toVersion,
  VERSION_CHANGES,
  type VersionChange,
} from './protocol/versions.js';

// Voice: PCM and what is done to it. One list for both entries, jackfield and jackfield/voice.
export * from './voice.js';

// TCP: the PCM server.
export type { CloseReason, LeaseState, LeaseStatus, Peer } from './tcp/lease-state.js';
export type {
  Lease,
  LeaseEvents,
  LeaseOptions,
  LeaseStats,
  RefusedPeer,
  StreamKind,
} from './tcp/lease.js';
export type {
  Direction,
  PcmStream,
  PcmStreamEvents,
  PcmStreamState,
  PcmStreamStats,
  ReadClass,
  StreamEnd,
} from './stream/pcm-stream.js';
export { PcmServer, type PcmServerEvents } from './tcp/pcm-server.js';
export type { Playback, PlaybackReport, Player, PlayOptions } from './stream/player.js';
export type { PortRange } from './tcp/port-listener.js';
export { prometheusText } from './tcp/prometheus.js';
export { ManualTimeline, type SampleTimeline, type TimelineFollower } from './stream/sample-timeline.js';
export type { PcmServerOptions } from './tcp/server-options.js';
export type { ServerSnapshot, StreamSnapshot } from './tcp/server-stats.js';
export type {
  FileSinkSpec,
  PcmChunk,
  SinkHandle,
  SinkOptions,
  SinkPolicy,
  SinkStats,
  SynchronousSink,
} from './stream/sink.js';

// Control: attach, send, wait, be notified.
export { attach } from './control/attach.js';
export type { AttachOptions, ReattachOptions } from './control/client/attach-options.js';
export type { AttachState } from './control/client/attach-state.js';
export { Client, type ClientEvents, type SearchResult } from './control/client/client.js';
export type { CommandOptions, CommandSender } from './control/client/command-sender.js';
export type { TraceLine } from './control/client/session.js';
export { CallEndedError } from './control/state/call-ended-error.js';
export {
  type CallEndStatus,
  type CallNews,
  type CallState,
  nextCallState,
} from './control/state/call-life.js';
export { Call, type CallCost, type CallEvents } from './control/state/call.js';
export { Conference } from './control/state/conference.js';
export { type DeviceNames, Devices } from './control/state/devices.js';
export { Parameters, type ParametersEvents } from './control/state/parameters.js';
export { type Forwarding, Profile } from './control/state/profile.js';
export {
  type PropertyOptions,
  RemoteObject,
  type RemoteObjectEvents,
} from './control/state/remote-object.js';
export { User } from './control/state/user.js';
export type { StateWaitOptions } from './control/state/state-history.js';
export { VoiceStream, type VoiceStreamName } from './control/state/voice-stream.js';
export { nextVoicemailState, type VoicemailState } from './control/state/voicemail-life.js';
export { Voicemail, type VoicemailEvents, VoicemailFailedError } from './control/state/voicemail.js';
export {
  type AttachAttempt,
  AutoTransport,
  NoEndpointError,
  transportsOf,
} from './control/transport/auto-transport.js';
export { DbusTransport, type DbusTransportOptions } from './control/transport/dbus-transport.js';
export { UnavailableError } from './control/transport/link-errors.js';
export { MacTransport, type MacTransportOptions } from './control/transport/mac-transport.js';
export {
  type MemoryEndpoint,
  type MemorySession,
  MemoryTransport,
} from './control/transport/memory-transport.js';
export type { TcpTls, TcpTransportOptions } from './control/transport/tcp-options.js';
export { TcpTransport } from './control/transport/tcp-transport.js';
export { TRANSPORT_ADDRESSES, transportAt } from './control/transport/transport-address.js';
export type { Link, Transport, TransportHandlers, TransportWait } from './control/transport/transport.js';
export { WindowsTransport, type WindowsTransportOptions } from './control/transport/windows-transport.js';
export { X11Transport, type X11TransportOptions } from './control/transport/x11-transport.js';

// Call: a call's voice.
export type { CatalogueEntry } from './recording/archive/catalogue-entry.js';
export { Catalogue, type CatalogueQuery } from './recording/archive/catalogue.js';
export type { FinishHookOptions } from './recording/archive/finish-hook.js';
export { type Deliver, Outbox, type OutboxEvent, type OutboxOptions } from './recording/archive/outbox.js';
export { listOutbox, retryEvent, type UndeliveredEvent } from './recording/archive/outbox-folder.js';
export { OUTPUT_FORMATS, type OutputFormat } from './recording/archive/publish.js';
export type { RecorderOptions, RecordPolicy } from './recording/archive/recorder-options.js';
export { Recorder, type RecorderEvents } from './recording/archive/recorder.js';
export { signWebhook, verifyWebhook, type WebhookOptions, webhook } from './recording/archive/webhook.js';
export {
  BOT_HANDLE,
  type TestBotOptions,
  type TestBotResult,
  type TestExchange,
  type TestExchangeStarter,
  type TestScene,
  type TestUser,
  testBot,
} from './bot/test/test-bot.js';
export { type HearOptions, type PressOptions, TestCaller } from './bot/test/test-caller.js';
export { formatTranscript, type TranscriptLine } from './bot/test/transcript.js';
export {
  BotCall,
  type TransferOptions,
  type TransferReport,
  type HoldOptions,
  type Partner,
  type SendDigitsOptions,
} from './bot/bot-call.js';
export {
  type AttendOptions,
  BotHost,
  type BotHostEvents,
  type BotHostOptions,
  type BotOutcome,
  type BotResult,
} from './bot/bot-host.js';
export {
  type TransferAttempt,
  TransferFailedError,
  type TransferFailure,
} from './bot/transfer-failed-error.js';
export { type Bot, type BotOptions, type BotScript, bot } from './bot/bot.js';
export type { Gathered, GatherOptions } from './bot/gather.js';
export type { Message, RecordOptions } from './bot/record-message.js';
export { bridge, Room, type RoomOptions } from './bot/room.js';
export type { BargeIn, Cut, SayOptions, SpeechReport } from './bot/say.js';
export type { WaitOptions } from './bot/waiting.js';
export {
  type LegChunk,
  type LegPair,
  type LegTap,
  type LegTapOptions,
  type PairTapOptions,
  tapLegs,
} from './stream/align/leg-tap.js';
export type { CallControl } from './call/call-control.js';
export { type CallVoice, type CallVoiceOptions, openCallVoice } from './call/call-voice.js';
export { drawFlow, type FlowDrawing } from './bot/flow/draw-flow.js';
export { type FlowBotOptions, type FlowHook, type FlowHookContext, flowBot } from './bot/flow/flow-bot.js';
export { FlowError, type FlowProblem, formatProblem } from './bot/flow/flow-error.js';
export type { FlowData, FlowStep } from './bot/flow/flow-schema.js';
export type { FlowVariables } from './bot/flow/flow-variables.js';
export { type Flow, type ParseFlowOptions, parseFlow, readFlow } from './bot/flow/flow.js';
export {
  AnswerDetector,
  type AnswerDetectorOptions,
  type Answerer,
  type AnswerVerdict,
} from './bot/outbound/answer-detector.js';
export { type Beep, BeepDetector } from './bot/outbound/beep-detector.js';
export { type CampaignTarget, parseCallList, readCallList } from './bot/outbound/call-list.js';
export type {
  CampaignCall,
  CampaignLine,
  CampaignResult,
  CampaignStore,
} from './bot/outbound/campaign-call.js';
export {
  type CampaignEntry,
  CampaignLog,
  type CampaignQuery,
  type CampaignSummary,
} from './bot/outbound/campaign-log.js';
export { type CampaignOptions, runCampaign } from './bot/outbound/campaign.js';
export { detectAnswer, waitForBeep } from './bot/outbound/detect-answer.js';
export { english } from './bot/prompt/english.js';
export { type EspeakOptions, espeakEngine } from './bot/prompt/espeak-engine.js';
export { german } from './bot/prompt/german.js';
export { melodyEngine } from './bot/prompt/melody-engine.js';
export { Prompts, type PromptsOptions, type SayingOptions } from './bot/prompt/prompts.js';
export type { Speakable, SpokenPart } from './bot/prompt/speakable.js';
export type { Speech, SpeechEngine } from './bot/prompt/speech-engine.js';
export type { SpokenLanguage, SpokenWord } from './bot/prompt/spoken-language.js';
export { CallRecording, type RecordingResult } from './recording/call-recording.js';
export type { CompressedFormat } from './recording/file/compressed.js';
export { announceRecording, type ConsentOptions } from './recording/consent.js';
export type {
  LedgerSpan,
  LedgerTotals,
  LegLedger,
  SpanKind,
  SpanReason,
  LegName,
} from './stream/align/ledger.js';
export {
  type AlignedSink,
  LegAligner,
  type LegAlignerOptions,
} from './stream/align/leg-aligner.js';
export type { RecordingManifest } from './recording/evidence/manifest.js';
export { openSealed } from './recording/sealed/open-sealed.js';
export { type RecordCallOptions, recordCall } from './recording/record-call.js';
export type { RecordingEvents, RecordingProgress } from './recording/recording-track.js';
export {
  discardUnfinished,
  findUnfinished,
  isWorthRecovering,
  type RecoverOptions,
  recoverRecording,
} from './recording/file/recover.js';
export { readTails, type TailContents } from './recording/sealed/sealed-tail.js';
export type { SegmentRules } from './recording/file/segment-rule.js';
export type { SegmentResult } from './recording/file/segment.js';
export type {
  RecordedCall,
  RecordingEnd,
  RecordingMark,
  RecordingOutput,
  RecordingSidecar,
  SidecarLeg,
} from './recording/sidecar.js';
export {
  type SignatureState,
  type VerifyFinding,
  type VerifyOptions,
  type VerifyReport,
  verifyRecording,
} from './recording/evidence/verify-recording.js';
export type { RetentionRules } from './recording/archive/retention.js';

// Voicemail: a voicemail's voice.
export {
  type AnsweringBotOptions,
  answeringBot,
  type ReviewKeys,
} from './voicemail/answering/answering-bot.js';
export {
  AnsweringMachine,
  type AnsweringMachineEvents,
  type AnsweringMachineOptions,
  type NoticeHook,
} from './voicemail/answering/answering-machine.js';
export type { AnsweringHours, AnsweringRule } from './voicemail/answering/answering-rule.js';
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
  type UnwrittenAudio,
  type VoicemailFacts,
} from './voicemail/archive/archived-message.js';
export {
  EXPORT_FORMATS,
  type ExportArchiveOptions,
  type ExportFormat,
  exportArchive,
} from './voicemail/archive/export-archive.js';
export type { VoicemailSidecar } from './voicemail/archive/sidecar.js';
export type { ArchiveFault } from './voicemail/archive/verify-message.js';
export {
  type ArchiveVerification,
  type RetentionPolicy,
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
} from './voicemail/transcript/command-transcriber.js';
export {
  type TranscribeArchiveOptions,
  transcribeArchive,
} from './voicemail/transcript/transcribe-archive.js';
export type { Transcriber, Transcript, TranscriptRequest } from './voicemail/transcript/transcriber.js';
export { voicemailFacts } from './voicemail/voicemail-facts.js';
export { openVoicemailPort, type VoicemailPortOptions } from './voicemail/voicemail-port.js';
export { deleteVoicemail, downloadVoicemail, markVoicemailUnplayed } from './voicemail/voicemail-waits.js';

// Exchange: the other end of the wire.
export type { AttachPolicy, AttachRequest } from './exchange/api/authorization.js';
export type { Endpoint } from './exchange/api/endpoint.js';
export type { Session, SessionClient } from './exchange/api/session.js';
export type { Destination, LineInterface, Tariff } from './switch/attempt.js';
export type { EndCause } from './switch/leg.js';
export { type RobotBehaviour, RobotDestination, type RobotStep } from './switch/robot.js';
export type { OverwritePolicy } from './exchange/client-files.js';
export type { ExchangeOptions } from './exchange/exchange-options.js';
export { type CallView, Exchange, type ExchangeEvents } from './exchange/exchange.js';
export type { VoicemailFault, VoicemailStep } from './exchange/mailbox/voicemail-failure.js';
export type { Deposit } from './exchange/mailbox/voicemails.js';
export { type ReplayOptions, type ReplayReport, replay } from './exchange/trace/replay.js';
export { type RecordedEntry, WireRecorder } from './exchange/trace/wire-recorder.js';
export { scenarioJsonSchema } from './exchange/scenario/scenario-schema.js';
export { Scenario } from './exchange/scenario/scenario.js';
export type { UserOptions } from './exchange/user.js';
export type { Impairment } from './switch/impaired.js';
export type { SoundCard } from './exchange/voice/sound-card.js';
export type { StreamStats } from './exchange/voice/stream.js';
export type { ClosedStream, StreamOpener, StreamOwner } from './exchange/voice/voice-router.js';
