import type {
  MediaEvent,
  MediaEventType,
  MediaFormat,
  MediaRole,
  WireEncoding,
  WireMessage,
} from './media-event.js';

/** Translates between messages and events, for one side of one session. It is pure: it uses no socket and no clock. */
export interface MediaCodec {
  /**
   * Reads a message of the other side. On a stream of bytes a message is any piece of it.
   *
   * @throws ERR_SYNTAX for a message that the dialect does not allow, ERR_LIMIT for one that is too large. The session
   * ends then.
   */
  read(message: WireMessage): readonly MediaEvent[];
  /**
   * Forgets a sample of which only the first half was read. Called after a `clear`: the next audio begins anew, even if
   * the audio before it ended in mid-sample.
   */
  cut?(): void;
  /** Makes the messages of `event`; none when the dialect cannot carry it. */
  write(event: MediaEvent): readonly WireMessage[];
  /** Makes the messages that have to answer what was read. Default: none. */
  answer?(): readonly WireMessage[];
}

/** Options of a codec. */
export interface CodecOptions {
  /** Format that the provider proposes. An application uses the format that the provider tells. */
  readonly format: MediaFormat;
  /** One of the dialect's `variants`. */
  readonly variant?: string | undefined;
  /** Setup of the agent that the provider asks for, if the dialect can carry it. */
  readonly agent?: AgentSetup | undefined;
}

/** Setup of an agent. */
export interface AgentSetup {
  readonly instructions?: string | undefined;
  readonly voice?: string | undefined;
  /** Tools that it can use, each with the JSON schema of its input. */
  readonly tools?: readonly AgentToolSetup[] | undefined;
  /** Further settings, as in the API of the agent. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** Tool that an agent can use. */
export interface AgentToolSetup {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Notes on events: why the dialect cannot carry an event, or how it changes it. */
export type DialectNotes = Readonly<Partial<Record<MediaEventType, string>>>;

/** Rates in Hz by encoding. */
export type DialectRates = Readonly<Partial<Record<WireEncoding, readonly number[]>>>;

/** Wire protocol of a media server or an agent. */
export interface Dialect {
  readonly name: string;
  /** Products that use it. */
  readonly title: string;
  readonly transport: 'websocket' | 'tcp';
  /** WebSocket subprotocols that the client offers. The server takes one of them. */
  readonly subprotocols: readonly string[];
  /** Headers that the request for a connection needs, for a version of the dialect. Default: none. */
  readonly headersOf?: (variant?: string) => Readonly<Record<string, string>>;
  /** Versions of the dialect, the default first. */
  readonly variants: readonly string[];
  /** Default format of the audio. */
  readonly format: MediaFormat;
  /** Sample rates that it can carry, in Hz, by encoding. */
  readonly rates: DialectRates;
  /** Rates of a version that differs from the others. */
  readonly ratesOf?: Readonly<Record<string, DialectRates>>;
  /** Way to carry two voices of a call: interleaved channels, separate tracks, or only mixed. */
  readonly stereo: 'channels' | 'tracks' | 'none';
  /** Length of a message of audio, in ms. With `isExact` each message has exactly this length. */
  readonly frame: { readonly ms: number; readonly isExact: boolean };
  /** True when the session begins with the connection, without a start message. */
  readonly startsByConnecting: boolean;
  /** True when marks that a `clear` has removed come back like played ones. */
  readonly returnsClearedMarks: boolean;
  /** True when the provider tells of each returned mark if it was played or cleared. Default false. */
  readonly tellsClearedMarks?: boolean;
  /** Events that it can carry, by their sender. All others are lost. */
  readonly says: {
    readonly provider: readonly MediaEventType[];
    readonly application: readonly MediaEventType[];
  };
  readonly notes: DialectNotes;
  codec(role: MediaRole, options: CodecOptions): MediaCodec;
}
