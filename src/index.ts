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

// Voice: PCM and what is done to it.

// TCP: the PCM server.

// Control: attach, send, wait, be notified.

// Call: a call's voice.

// Voicemail: a voicemail's voice.

// Exchange: the other end of the wire.
