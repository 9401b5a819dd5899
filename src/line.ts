/**
 * `jackfield/line`: lines to the outside. Real phones by SIP and RTP, calls that a session border controller sends by
 * SIPREC, media servers by AudioSocket and WebSocket.
 *
 * @module jackfield/line
 */
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export { type PcmFormat, VOICE_FORMAT } from './base/pcm.js';
export { type Clock, systemClock, VirtualClock } from './base/time/clock.js';
export type { PlayoutStats } from './line/rtp-playout/jitter-buffer.js';
export { findRtpCodec, type RtpCodec, type RtpCodecName } from './line/rtp/rtp-codec.js';
export type {
  AcceptedCodec,
  RtpConnection,
  RtpDirection,
  RtpSessionOptions,
  SrtpKey,
  SrtpSuite,
  TelephoneEventType,
} from './line/rtp/rtp-options.js';
export { type RtpPacket, readRtp, writeRtp } from './line/rtp/rtp-packet.js';
export type { SipRefusals } from './line/sip/line-limits.js';
export type { RegistrationState } from './line/sip/registration.js';
export type { NaptrRecord, SipResolver, SrvRecord } from './line/sip-transport/resolve.js';
export type { SipListening, SipPorts } from './line/sip/sip-endpoint-options.js';
export type { SipTls } from './line/sip-transport/stream-transport.js';
export { type SipLine, type SipLineParts, sipLine } from './line/sip/sip-line.js';
export type { SipCallInfo, SipLineEvents, SipProbe, SipWire } from './line/sip/sip-line-events.js';
export { readSipLine } from './line/sip/read-sip-line.js';
export { type SipLineOptions, sipLineJsonSchema } from './line/sip/sip-line-options.js';
export type { SipCounts } from './line/sip-transport/transaction-layer.js';
export type { HostPort, TransportKind } from './line/sip-transport/sip-transport.js';
export type { Identity } from './switch/identity.js';
export { type RtpCapabilities, RtpSession, type RtpSessionEvents } from './line/rtp/rtp-session.js';
export type { CallQuality } from './line/rtp/quality.js';
export type { PeerReport } from './line/rtp/rtcp-reporter.js';
export type { PlacedStats } from './line/rtp-playout/placed-voice.js';
export type { RtpReceived, RtpRejected, RtpSessionStats } from './line/rtp/rtp-stats.js';
export type { RtpPorts, RtpAddress } from './line/rtp/rtp-transport.js';
export { type AudioSocketLineOptions, audioSocketLine } from './line/audiosocket/audio-socket-line.js';
export type { AgentSetup, AgentToolSetup } from './line/dialect/dialect.js';
export type { DialectName } from './line/dialect/dialect-names.js';
export type { MediaLine } from './line/media/media-line.js';
export type {
  CallFromMedia,
  MediaConnectOptions,
  MediaLineOptions,
  MediaListenOptions,
  MediaTls,
} from './line/media/media-line-options.js';
export type { MediaCredentials } from './line/media/connect-media.js';
export type { MediaFormat, MediaRole, MediaStart, WireEncoding } from './line/dialect/media-event.js';
export { type AgentServer, type AgentServerOptions, serveAgents } from './line/websocket/agent-server.js';
export {
  isTwilioRequest,
  type MediaAccess,
  type TwilioAccess,
  type TwilioRequest,
  twilioSignature,
} from './line/websocket/access.js';
export { type WebSocketLineOptions, webSocketLine } from './line/websocket/web-socket-line.js';
export type { AgentPeer } from './line/media/agent-peer.js';
export {
  type Fork,
  type ForkableCall,
  type ForkEnd,
  type ForkEvents,
  type ForkStats,
  fork,
} from './line/fork/fork.js';
export type { ForkLegs, ForkOptions, ForkReconnect } from './line/fork/fork-options.js';
export type { MediaAudio, MediaEvent, MediaTrack } from './line/dialect/media-event.js';
export {
  type SiprecMetadata,
  type SiprecParticipant,
  type SiprecStream,
  readSiprecMetadata,
} from './line/siprec/siprec-metadata.js';
export {
  SiprecServer,
  type SiprecServerEvents,
  type SiprecServerOptions,
} from './line/siprec/siprec-server.js';
export type { SiprecSession, SiprecSessionEvents, SiprecSide } from './line/siprec/siprec-session.js';
