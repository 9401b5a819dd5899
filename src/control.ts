/**
 * `jackfield/control`: attaching to an endpoint. Transports, the client, and live calls, conferences, voicemails,
 * users and devices.
 *
 * @module jackfield/control
 */
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export type { FencedEvents } from './base/fenced-emitter.js';
export type { WaitOptions } from './base/wait.js';
export { attach } from './control/attach.js';
export type { AttachOptions, ReattachOptions } from './control/client/attach-options.js';
export type { AttachState } from './control/client/attach-state.js';
export { Client, type ClientEvents, type SearchResult } from './control/client/client.js';
export type { CommandOptions, CommandSender } from './control/client/command-sender.js';
export type { TraceLine } from './control/client/endpoint-session.js';
export { type Outage, watchOutages } from './control/client/watch-outages.js';
export { Call, type CallCost, type CallEvents } from './control/state/call.js';
export { CallEndedError } from './control/state/call-ended-error.js';
export {
  type CallEndStatus,
  type CallNews,
  type CallState,
  nextCallState,
} from './control/state/call-life.js';
export { Conference } from './control/state/conference.js';
export { type DeviceNames, Devices } from './control/state/devices.js';
export type { Group } from './control/state/group.js';
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
export { User } from './control/state/user.js';
export { VoiceStream, type VoiceStreamName } from './control/state/voice-stream.js';
export { Voicemail, type VoicemailEvents, VoicemailFailedError } from './control/state/voicemail.js';
export {
  nextVoicemailState,
  type VoicemailNews,
  type VoicemailState,
} from './control/state/voicemail-life.js';
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
export type { HiddenWindow, WindowMessage, WindowsDesktop } from './control/transport/windows-desktop.js';
export { WindowsTransport, type WindowsTransportOptions } from './control/transport/windows-transport.js';
export { X11Transport, type X11TransportOptions } from './control/transport/x11-transport.js';
