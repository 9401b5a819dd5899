/**
 * `jackfield/control`: attaching to an endpoint. Transports, the client, and live calls, conferences, voicemails,
 * contacts, groups, chats and devices.
 *
 * @module jackfield/control
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/listener/fenced-emitter.js';
export type { WaitOptions } from './base/wait.js';
export {
  AccountClient,
  type AccountClientOptions,
  type AccountConversation,
  type AccountListOptions,
  type AccountMessage,
  type AccountProfile,
  type AccountProfileChange,
  type AccountService,
} from './control/account/account-client.js';
export type {
  AccountEndpoint,
  AccountEvent,
  AccountEventOptions,
  AccountStatus,
} from './control/account/account-endpoint.js';
export { AccountError } from './control/account/account-error.js';
export type { AccountSettings } from './control/account/account-settings.js';
export { attach } from './control/attach.js';
export type { AttachOptions, ReattachOptions } from './control/client/attach-options.js';
export type { AttachState } from './control/client/attach-state.js';
export { Client, type ClientEvents, type SearchResult } from './control/client/client.js';
export type { CommandOptions, CommandSender } from './control/client/command-sender.js';
export type { TraceLine } from './control/client/endpoint-session.js';
export { type Outage, watchOutages } from './control/client/watch-outages.js';
export { Chat, type ChatHistoryOptions, type ChatJoinOptions } from './control/people/chat.js';
export { ChatMember } from './control/people/chat-member.js';
export { ChatMessage, type MessageContent } from './control/people/chat-message.js';
export type { ChatOptionChanges } from './control/people/chat-options.js';
export { type ChatRefusal, ChatRefusedError } from './control/people/chat-refused-error.js';
export { MessageWaitsError } from './control/people/message-waits-error.js';
export type { SendOptions } from './control/people/send-message.js';
export { Chats, type ChatsEvents } from './control/people/chats.js';
export { Contacts, type ContactsEvents } from './control/people/contacts.js';
export { Group } from './control/people/group.js';
export { Groups } from './control/people/groups.js';
export type { MessagesOptions } from './control/people/message-reader.js';
export { User } from './control/people/user.js';
export { VersionedObject } from './control/people/versioned-object.js';
export { Application, type ApplicationEvents } from './control/state/application.js';
export type { BytesOptions } from './control/state/application-bytes.js';
export type { ApplicationStream, ApplicationStreamEvents } from './control/state/application-stream.js';
export { Call, type CallCost, type CallEvents } from './control/call/call.js';
export { CallEndedError } from './control/call/call-ended-error.js';
export {
  type CallEndStatus,
  type CallNews,
  type CallState,
  nextCallState,
} from './control/call/call-life.js';
export { Conference } from './control/call/conference.js';
export { type DeviceNames, Devices } from './control/state/devices.js';
export type { Alert, AlertClick, AlertOptions } from './control/state/alert.js';
export type { MenuClick, MenuItem, MenuItemOptions } from './control/state/menu-item.js';
export type { WindowEntry, WindowEntryEvents } from './control/state/window-entry.js';
export type {
  CollectionKind,
  LiveObject,
  ObjectCollection,
  ObjectCollectionEvents,
  PropertyNews,
} from './control/state/object-collection.js';
export { Parameters, type ParametersEvents } from './control/state/parameters.js';
export { type Forwarding, Profile } from './control/state/profile.js';
export {
  type PropertyOptions,
  RemoteObject,
  type RemoteObjectEvents,
} from './control/state/remote-object.js';
export {
  Sms,
  type SmsEvents,
  SmsFailedError,
  type SmsFailureReason,
  type SmsStatus,
} from './control/state/sms.js';
export { SmsCollection } from './control/state/sms-collection.js';
export {
  FileTransfer,
  type FileTransferEvents,
  FileTransferFailedError,
  type FileTransferFailureReason,
  type FileTransferProgress,
  type FileTransferStatus,
} from './control/state/file-transfer.js';
export { VoiceStream, type VoiceStreamName } from './control/call/voice-stream.js';
export { Voicemail, type VoicemailEvents, VoicemailFailedError } from './control/call/voicemail.js';
export {
  nextVoicemailState,
  type VoicemailNews,
  type VoicemailState,
} from './control/call/voicemail-life.js';
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
export type { Link, Transport, TransportHandlers, TransportWait } from './control/transport/transport.js';
export { TRANSPORT_ADDRESSES, transportAt } from './control/transport/transport-address.js';
export type { HiddenWindow, WindowMessage, WindowsDesktop } from './base/system/windows-desktop.js';
export { WindowsTransport, type WindowsTransportOptions } from './control/transport/windows-transport.js';
export { X11Transport, type X11TransportOptions } from './control/transport/x11-transport.js';
