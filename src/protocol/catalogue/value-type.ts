/** One end of a voice stream (reference, "Voice Streams"). */
export type StreamTarget =
  | { readonly kind: 'soundcard'; readonly device: string }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'file'; readonly path: string };

/** A date without a time. */
export interface PlainDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A language or country: the name, and from protocol 4 on its two-letter code. */
export interface CodedName {
  readonly code?: string;
  readonly name: string;
}

/** One party of a conference (reference, "CALL object", CONF_PARTICIPANT). */
export interface ConferenceParticipant {
  readonly index: number;
  readonly handle: string;
  readonly type: string;
  readonly status: string;
  readonly displayName: string;
}

/** One end of an application's connection: `username:id`. */
export interface StreamName {
  readonly handle: string;
  readonly stream: number;
}

/** Bytes in transit or waiting on a stream: `username:id=bytes`. Early releases did not send the number. */
export interface StreamBytes extends StreamName {
  readonly bytes?: number;
}

/** One rule of call forwarding: the target, and the time of its begin and end in seconds. */
export interface ForwardRule {
  readonly startSec: number;
  readonly endSec: number;
  readonly target: string;
}

/**
 * Types of values: the spelling on the wire, and the type that it decodes to. The catalogue gives each property,
 * parameter and argument one of these; `value-codecs.ts` holds the code for each.
 */
export interface ValueTypes {
  /** Nothing follows. */
  none: undefined;
  /** Anything to the end of the line, kept byte for byte. */
  text: string;
  /** Text that is quoted when it holds blanks. */
  quoted: string;
  /** One word: a handle, a phone number, a currency code. */
  word: string;
  /** A decimal integer, negative ones included. */
  int: number;
  /** Unix time in seconds, 0 for never. */
  timestamp: number;
  /** A duration in whole seconds. */
  seconds: number;
  /** YYYYMMDD, 0 for none. */
  date: PlainDate | undefined;
  /** `TRUE` or `FALSE`, in any case. */
  bool: boolean;
  /** `ON` or `OFF`, in any case. */
  onoff: boolean;
  /** One of the listed words; a word that is not listed is kept. */
  enum: string;
  /** Words separated by blanks. */
  words: readonly string[];
  /** Words separated by commas. */
  list: readonly string[];
  /** Numeric ids separated by commas. */
  ids: readonly number[];
  /** `SOUNDCARD="default", PORT="5001", FILE="a.wav"`: see `parseStreamTargets`. */
  streams: readonly StreamTarget[];
  /** `en English`: a code, from protocol 4 on, and a name. */
  coded: CodedName;
  /** `1 echo123 INCOMING_P2P INPROGRESS Echo Test Service`. */
  participant: ConferenceParticipant;
  /** `test2 TRUE`: a handle and a boolean about it. */
  verdict: { readonly subject: string; readonly verdict: boolean };
  /** `1 C:\picture.jpg`: an index and its text. */
  indexed: { readonly index: number; readonly text: string };
  /** `2 17`: number of SMS chunks, and of characters in the last one. */
  chunking: { readonly chunks: number; readonly lastLength: number };
  /** `+1=TARGET_ACCEPTABLE, +2=TARGET_ANALYZING`: pairs separated by commas. */
  targets: ReadonlyMap<string, string>;
  /** `0,30,+3725555 30,60,mike`: rules separated by blanks. */
  rules: readonly ForwardRule[];
  /** `anappo:1 test:2`: streams separated by blanks. */
  connections: readonly StreamName[];
  /** `anappo:1=14`: streams with a number of bytes. */
  transfers: readonly StreamBytes[];
  /** `anappo:1 text`: a stream and the text sent on it. */
  datagram: StreamName & { readonly text: string };
  /** `echo123 CONTEXT call CONTEXT_ID 879`: the object for which a menu item was clicked. */
  click: { readonly handle?: string; readonly context: string; readonly contextId?: string };
}

export type ValueType = keyof ValueTypes;
