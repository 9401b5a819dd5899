/** Names of the dialects on WebSockets. */
export const WEB_SOCKET_DIALECTS = [
  'raw',
  'twilio',
  'telnyx',
  'vonage',
  'asterisk',
  'jambonz',
  'audio-fork',
  'pipecat',
  'openai-realtime',
] as const;

/** Names of the dialects on TCP connections. */
export const TCP_DIALECTS = ['audiosocket', 'rtpengine'] as const;

/** Names of all dialects. */
export const DIALECT_NAMES = [...WEB_SOCKET_DIALECTS, ...TCP_DIALECTS] as const;

/** Name of a dialect. */
export type DialectName = (typeof DIALECT_NAMES)[number];
