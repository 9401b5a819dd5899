/**
 * `jackfield/exchange`: an embedded endpoint with users, robots, mailboxes and scenarios. Also recordings of a
 * connection, and their replay.
 *
 * @module jackfield/exchange
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export type { MadeUpReason } from './base/made-up-reason.js';
export type { EntitlementOptions } from './exchange/account/entitlements.js';
export type { UserAccountOptions } from './exchange/account/user-account.js';
export type { AccountListenOptions } from './exchange/account/account-listen-options.js';
export type { AttachDecision, AttachPolicy, AttachRequest } from './exchange/api/authorization.js';
export type { AttachmentOptions, Endpoint } from './exchange/api/endpoint.js';
export type { Session, SessionClient } from './exchange/api/session.js';
export type {
  HiddenWindow,
  ServingDesktop,
  ServingWindow,
  WindowMessage,
  WindowsDesktop,
} from './base/system/windows-desktop.js';
export type { DbusListenOptions } from './exchange/attach/dbus-listener.js';
export type { TcpListenOptions } from './exchange/attach/tcp-listener.js';
export type { WindowsListenOptions } from './exchange/attach/windows-listener.js';
export type { X11ListenOptions } from './exchange/attach/x11-listener.js';
export type { Platform } from './exchange/api/release.js';
export type { DeviceLists } from './exchange/devices.js';
export type { AcceptOptions, DeskFiles, DeskTransfer } from './exchange/desk/desk-files.js';
export type { Desk, DeskEvents } from './exchange/desk/desk.js';
export type { ClickOptions } from './exchange/desk/click.js';
export type { DeskAlert, DeskCall, DeskMenuItem, DeskState } from './exchange/desk/desk-state.js';
export type { ContactFilter, MenuContext } from './exchange/desk/extension.js';
export type { DeskQuestion, ScreenWindow } from './exchange/desk/screen.js';
export type { OverwritePolicy } from './exchange/client-files.js';
export { type ExchangeLimits, LIMITS, type LimitSpec } from './exchange/limits.js';
export {
  type AccountRequestSpec,
  accountOpenApi,
  accountRequests,
} from './exchange/account/account-document.js';
export { Exchange } from './exchange/exchange.js';
export type { CallView, ExchangeEvents } from './exchange/exchange-events.js';
export type { ExchangeOptions } from './exchange/exchange-options.js';
export type { VoicemailFault, VoicemailStep } from './exchange/mailbox/voicemail-failure.js';
export type { Deposit } from './exchange/mailbox/voicemails.js';
export { Scenario } from './exchange/scenario/scenario.js';
export { scenarioJsonSchema } from './exchange/scenario/scenario-schema.js';
export { type ReplayOptions, type ReplayReport, replay } from './exchange/trace/replay.js';
export { type RecordedEntry, WireRecorder } from './exchange/trace/wire-recorder.js';
export type { UserOptions } from './exchange/user-options.js';
export {
  SimulatedSms,
  type SimulatedSmsOptions,
  type SimulatedText,
  type SmsOutcome,
} from './exchange/sms/simulated-sms.js';
export type { SmsDispatch, SmsGateway, SmsRefusal, SmsRoute } from './exchange/sms/sms-gateway.js';
export type { IncomingSms } from './exchange/sms/sms-messages.js';
export { deviceCard, type DeviceCardOptions } from './exchange/devices/device-card.js';
export type { DeviceUse, SoundCard } from './exchange/devices/sound-card.js';
export type { StreamStats, VoiceDestination, VoiceSource } from './exchange/voice/stream.js';
export type { RedirectedStream as VoiceStreamKind } from './exchange/voice/route-changes.js';
export type { ClosedStream, StreamOpener, StreamOwner } from './exchange/voice/voice-router.js';
export type {
  Attempt,
  AttemptOrigin,
  Destination,
  Forward,
  LineInterface,
  Overflow,
  Tariff,
} from './switch/attempt.js';
export type { Identity } from './switch/identity.js';
export type { Impairment } from './switch/impaired.js';
export type { Conversation, EndCause, FailureReason, Leg, Placing, Progress } from './switch/leg.js';
export type { IncomingCalls, IncomingWay, Line, LineOptions, Onward } from './switch/line.js';
export type { MadeUp, Party } from './switch/party.js';
export { type RobotBehaviour, RobotDestination, type RobotLeg, type RobotStep } from './switch/robot.js';
export type { Listener as ScriptListener, ScriptStep } from './switch/script.js';
