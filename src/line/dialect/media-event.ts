import type { PcmFormat } from '../../base/pcm.js';

/**
 * Encoding of samples on the wire: 16 bits little-endian, 16 bits big-endian, or one byte of G.711 (mu-law or A-law).
 */
export type WireEncoding = 's16' | 's16be' | 'mulaw' | 'alaw';

/** Format of a session's audio on the wire. */
export interface MediaFormat extends PcmFormat {
  readonly encoding: WireEncoding;
}

/** Message of a connection: text, or bytes. */
export type WireMessage = string | Uint8Array;

/** Side of a session. The `provider` has the call; the `application` hears it, and may speak into it. */
export type MediaRole = 'provider' | 'application';

/** Voice of the call: `inbound` is that of the other party, `outbound` is what the other party hears. */
export type MediaTrack = 'inbound' | 'outbound';

/** Start of a session: the caller, and the format of the audio. */
export interface MediaStart {
  readonly type: 'start';
  /** Identity of the session; empty in a dialect without identities. */
  readonly id: string;
  readonly format: MediaFormat;
  readonly from?: string;
  readonly to?: string;
  /** Voices that are sent, if the dialect tells them apart. Default: `inbound` only. */
  readonly tracks?: readonly MediaTrack[];
  /** Other data of the call, under the names of the provider. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Audio, in order. */
export interface MediaAudio extends PcmFormat {
  readonly type: 'audio';
  /** Interleaved samples. They belong to the receiver of the event. */
  readonly samples: Int16Array;
  /** Default: `inbound`. */
  readonly track?: MediaTrack;
  /** Item of an answer that the audio belongs to, if the agent names it. */
  readonly item?: string;
  /** First sample, counted per channel from the start of the call. Default: right after the audio before. */
  readonly position?: number;
}

/** Event that one side of a session sends to the other. */
export type MediaEvent =
  | MediaStart
  | MediaAudio
  /** The other party has pressed a key. */
  | { readonly type: 'dtmf'; readonly digit: string; readonly durationMs?: number }
  /** Asks the provider to tell when it has played everything up to here. */
  | { readonly type: 'mark'; readonly name: string }
  /**
   * A mark was reached. `heard` is false when it came back because of a `clear`; absent when the dialect does not tell.
   */
  | { readonly type: 'marked'; readonly name: string; readonly heard?: boolean }
  /** Drops the audio that was sent and is not played yet. */
  | { readonly type: 'clear' }
  /** The provider has no more room for audio (`on` is false), or has room again. */
  | { readonly type: 'flow'; readonly on: boolean }
  /** Asks the provider to answer the call. */
  | { readonly type: 'answer' }
  /** The application heard that the other party began or ended speaking. */
  | { readonly type: 'speech'; readonly speaking: boolean }
  /** Tells how much of `item` was heard when it was cut off. */
  | { readonly type: 'heard'; readonly item: string; readonly ms: number }
  /** Words that the caller said, as the application understood them, or that the agent says. */
  | { readonly type: 'text'; readonly text: string; readonly by: 'caller' | 'agent'; readonly final: boolean }
  /** The answer of the agent has ended. `whole` is false when it was cut off or failed. */
  | { readonly type: 'done'; readonly whole: boolean }
  /** The agent uses a tool. */
  | { readonly type: 'tool'; readonly id: string; readonly name: string; readonly input: string }
  /** Result of a tool. */
  | { readonly type: 'tool-result'; readonly id: string; readonly output: string }
  /** The other side reports an error and goes on. */
  | { readonly type: 'error'; readonly message: string }
  /** A message that has no other event. */
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
