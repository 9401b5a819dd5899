import type { PcmFormat } from '../../base/pcm.js';

/** Encoding of samples on the wire: 16 bits little-endian or big-endian, or one byte by a law of G.711. */
export type WireEncoding = 's16' | 's16be' | 'mulaw' | 'alaw';

/** Format of a session's audio on the wire. */
export interface MediaFormat extends PcmFormat {
  readonly encoding: WireEncoding;
}

/** One message of a connection: a text, or bytes. */
export type WireMessage = string | Uint8Array;

/** The side of a session. The `provider` has the call; the `application` hears it, and may speak into it. */
export type MediaRole = 'provider' | 'application';

/** A voice of the call: `inbound` is the other party's, `outbound` what is said to it. */
export type MediaTrack = 'inbound' | 'outbound';

/** First news of a session: who calls, and what the audio is. */
export interface MediaStart {
  readonly type: 'start';
  /** Identifies the session; a dialect without identities has an empty one. */
  readonly id: string;
  readonly format: MediaFormat;
  readonly from?: string;
  readonly to?: string;
  /** Voices that come, where the dialect tells them apart. Default: `inbound` alone. */
  readonly tracks?: readonly MediaTrack[];
  /** Other facts that the provider tells of the call, by names of its own. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Audio in order. */
export interface MediaAudio extends PcmFormat {
  readonly type: 'audio';
  /** Interleaved; they belong to whoever gets the event. */
  readonly samples: Int16Array;
  /** Default: `inbound`. */
  readonly track?: MediaTrack;
  /** Name of what is said, where an agent gives it one. */
  readonly item?: string;
  /** First sample, counted per channel from the start of the call. Default: right after what came before. */
  readonly position?: number;
}

/** Anything that one side of a session tells the other. */
export type MediaEvent =
  | MediaStart
  | MediaAudio
  /** The other party has pressed a key. */
  | { readonly type: 'dtmf'; readonly digit: string; readonly durationMs?: number }
  /** The provider is to tell when it has played everything up to here. */
  | { readonly type: 'mark'; readonly name: string }
  /** A mark was reached. `heard` is false when it came back because of a `clear`; absent where the dialect does not say. */
  | { readonly type: 'marked'; readonly name: string; readonly heard?: boolean }
  /** Forgets what was sent and is not played yet. */
  | { readonly type: 'clear' }
  /** The provider has no more room (`false`), or has room again. */
  | { readonly type: 'flow'; readonly on: boolean }
  /** The call is to be answered. */
  | { readonly type: 'answer' }
  /** The other party has begun to speak, or has ended, as the application hears it. */
  | { readonly type: 'speech'; readonly speaking: boolean }
  /** As much of `item` was heard when it was cut. */
  | { readonly type: 'heard'; readonly item: string; readonly ms: number }
  /** Words of a party, as the application understood or says them. */
  | { readonly type: 'text'; readonly text: string; readonly by: 'caller' | 'agent'; readonly final: boolean }
  /** The agent's answer is over: nothing more of it comes. `whole` is false when it was cut, or has failed. */
  | { readonly type: 'done'; readonly whole: boolean }
  /** The agent has something done. */
  | { readonly type: 'tool'; readonly id: string; readonly name: string; readonly input: string }
  /** Result of a tool. */
  | { readonly type: 'tool-result'; readonly id: string; readonly output: string }
  /** The other side reports a fault and goes on. */
  | { readonly type: 'error'; readonly message: string }
  /** A message that the dialect knows and the model does not. */
  | { readonly type: 'other'; readonly name: string }
  /** The session is over. */
  | { readonly type: 'end'; readonly reason?: string };

export type MediaEventType = MediaEvent['type'];

/** Events that a provider can send. */
export const TO_APPLICATION = [
  'start',
  'audio',
  'dtmf',
  'marked',
  'flow',
  'heard',
  'tool-result',
  'error',
  'end',
] as const satisfies readonly MediaEventType[];

/** Events that an application can send. */
export const TO_PROVIDER = [
  'audio',
  'mark',
  'clear',
  'answer',
  'speech',
  'text',
  'done',
  'tool',
  'error',
  'end',
] as const satisfies readonly MediaEventType[];
