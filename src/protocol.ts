/**
 * `jackfield/protocol`: the language of the Skype Desktop API. Text to messages and back, and the catalogue of its
 * objects, properties, commands and errors. It is pure: it does no I/O, keeps no state and uses no clock.
 *
 * @module jackfield/protocol
 */
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export { ApiError, errorText } from './protocol/api-error.js';
export {
  CALL_STATUSES,
  CALL_TRANSITIONS,
  type CallStatus,
  canCallMove,
  isTerminalCallStatus,
} from './protocol/status/call-status.js';
export {
  CHAT_OPTION_NOTES,
  CHAT_OPTIONS,
  CHAT_ROLE_NOTES,
  CHAT_ROLES,
  type ChatOption,
  type ChatRole,
} from './protocol/catalogue/chat.js';
export { ERROR_REASONS, ERROR_TEXTS, type ErrorNumber } from './protocol/catalogue/error-codes.js';
export { CALL_FAILURE_REASONS, type CallFailureReason } from './protocol/status/failure-reasons.js';
export { CHATMESSAGE_TYPES, type ChatMessageType } from './protocol/catalogue/message.js';
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
export {
  ACCOUNT_OPTIONS,
  type AccountOptionSpec,
  type KnownOption,
  type OptionChoice,
  PEOPLE_SETTINGS,
} from './protocol/account/account-options.js';
export {
  ACCOUNT_SERVICES,
  type AccountServiceName,
  type AccountServiceSpec,
} from './protocol/account/account-services.js';
export {
  type SettingPart,
  UI_SETTINGS,
  type UiSettingName,
  type UiSettingSpec,
  type UiSettings,
} from './protocol/account/ui-settings.js';
export { type FormSpec, VERBS, type VerbSpec } from './protocol/catalogue/verbs.js';
export {
  canVoicemailMove,
  VOICEMAIL_FAILURE_REASONS,
  VOICEMAIL_STATUSES,
  VOICEMAIL_TRANSITIONS,
  type VoicemailFailureReason,
  type VoicemailStatus,
} from './protocol/status/voicemail-status.js';
export { NOTIFICATIONS, type NotificationSpec } from './protocol/catalogue/notifications.js';
export { HISTORIES, type HistorySpec, type TargetSpec, WINDOWS } from './protocol/catalogue/windows.js';
export { errorsOf } from './protocol/command-errors.js';
export { commands, type NamedObject, type StreamAction } from './protocol/commands.js';
export type { Correction } from './protocol/explain/correct.js';
export { type Explanation, explain } from './protocol/explain/explain.js';
export type { ExplainedPart } from './protocol/explain/explain-parts.js';
export {
  FramingError,
  type FramingErrorCode,
  LineFramer,
  type LineFramerOptions,
  type LineTerminator,
} from './protocol/line-framer.js';
export type {
  ActionName,
  AlterCommand,
  AlterCommandOf,
  AlteredReply,
  ButtonCommand,
  CallCommand,
  ChatCommand,
  ClearCommand,
  CommandMessage,
  ContactsFocusedReply,
  CreateCommand,
  DeleteCommand,
  DeleteCommandOf,
  DeletedReply,
  DeletedReplyOf,
  EchoReply,
  EndpointMessage,
  ErrorReply,
  GetCommand,
  GetCommandOf,
  GetParameterCommand,
  LeaveVoicemailCommand,
  ListName,
  ListReply,
  ListReplyOf,
  NameCommand,
  ObjectId,
  ObjectName,
  CloseCommand,
  OpenCommand,
  SwitchCommand,
  TransferCommand,
  OtherWord,
  ParameterName,
  ParameterReply,
  PlainCommand,
  PlainReply,
  PropertyName,
  PropertyReply,
  PropertyReplyOf,
  ProtocolMessage,
  SearchCommand,
  SearchName,
  SearchOf,
  SendChatMessageCommand,
  SendMessageCommand,
  SetCommand,
  SetCommandOf,
  SetParameterCommand,
  UnknownCommand,
  UnknownReply,
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
} from './protocol/uri/skype-uri.js';
export { followSkypeUri, type UriSender } from './protocol/uri/follow-skype-uri.js';
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
