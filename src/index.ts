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
export type { StreamTarget } from './protocol/catalogue/value-type.js';
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

// TCP: the PCM server.

// Control: attach, send, wait, be notified.

// Call: a call's voice.

// Voicemail: a voicemail's voice.

// Exchange: the other end of the wire.
