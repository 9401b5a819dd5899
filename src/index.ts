/**
 * `jackfield`: the names for the main tasks. Attach to an endpoint or run one, take a call's voice out and put voice
 * in, record it, write a bot. The entry points of the single subjects, such as `jackfield/recording`, have all these
 * names and the others.
 *
 * @module jackfield
 */
// Errors, time, format.
export { type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  samplesToMs,
  VOICE_FORMAT,
} from './base/pcm.js';

// Attach to an endpoint, place calls, follow their states.
export { attach } from './control/attach.js';
export type { AttachOptions } from './control/client/attach-options.js';
export { Client } from './control/client/client.js';
export { CallEndedError } from './control/call/call-ended-error.js';
export { Call } from './control/call/call.js';
export { NoEndpointError } from './control/transport/auto-transport.js';
export { MemoryTransport } from './control/transport/memory-transport.js';
export { TcpTransport } from './control/transport/tcp-transport.js';
export { ApiError } from './protocol/api-error.js';

// Take a call's voice out, and put voice in.
export { type CallVoice, openCallVoice } from './call/call-voice.js';
export type { Playback, Player } from './stream/player.js';
export type { Lease } from './tcp/lease.js';
export { PcmServer } from './tcp/pcm-server.js';
export type { PcmServerOptions } from './tcp/server-options.js';

// Sound as files and samples.
export { collectSamples } from './voice/stage.js';
export { toneSamples } from './voice/tone/tone-samples.js';
export { WavReader } from './voice/wav/wav-reader.js';
export { WavWriter } from './voice/wav/wav-writer.js';

// Record one call, or all calls of an endpoint.
export { CallRecording, type RecordingResult } from './recording/call-recording.js';
export { recordCall } from './recording/record-call.js';
export type { RecordCallOptions } from './recording/record-options.js';
export type { RecorderOptions } from './recording/recorder/recorder-options.js';
export { Recorder } from './recording/recorder/recorder.js';
export { verifyRecording } from './recording/evidence/verify-recording.js';
export { recoverRecording } from './recording/file/recover.js';

// Write a bot, host it, test it.
export { BotCall } from './bot/bot-call.js';
export { BotHost } from './bot/bot-host.js';
export type { BotHostOptions } from './bot/bot-host-options.js';
export { type Bot, bot } from './bot/bot.js';
export { type ChatBot, chatBot } from './bot/chat/chat-bot.js';
export { Prompts } from './bot/prompt/prompts.js';
export { type TestBotResult, testBot } from './bot/test/test-bot.js';

// Run an endpoint.
export { Exchange } from './exchange/exchange.js';
export type { ExchangeOptions } from './exchange/exchange-options.js';
