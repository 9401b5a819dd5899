import type {
  MediaEvent,
  MediaEventType,
  MediaFormat,
  MediaRole,
  WireEncoding,
  WireMessage,
} from './media-event.js';

/**
 * Translates between messages and events, for one side of one session. It is pure: it knows no socket and no clock.
 */
export interface MediaCodec {
  /**
   * Takes a message of the other side. Of a stream of bytes it is any piece.
   *
   * @throws ERR_SYNTAX for what the dialect does not allow, ERR_LIMIT for what is too large. The session is over then.
   */
  read(message: WireMessage): readonly MediaEvent[];
  /** Makes the messages that say `event`; none where the dialect cannot say it. */
  write(event: MediaEvent): readonly WireMessage[];
  /** Makes the messages that what was read demands. Default: none are. */
  answer?(): readonly WireMessage[];
}

/** Options of a codec. */
export interface CodecOptions {
  /** Audio of the session, as the provider proposes it. An application takes what the provider says. */
  readonly format: MediaFormat;
  /** One of the dialect's `variants`. */
  readonly variant?: string | undefined;
  /** Wishes of the provider for an agent, where the dialect tells it. */
  readonly agent?: AgentSetup | undefined;
}

/** Wishes for an agent. */
export interface AgentSetup {
  readonly instructions?: string | undefined;
  readonly voice?: string | undefined;
  /** Things that it can have done, each with the JSON schema of its input. */
  readonly tools?: readonly AgentToolSetup[] | undefined;
  /** Other settings of the session, as its interface has them. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** A thing that an agent can have done. */
export interface AgentToolSetup {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Reason that an event cannot be said, or what becomes of it. */
export type DialectNotes = Readonly<Partial<Record<MediaEventType, string>>>;

/** Rates in Hz by encoding. */
export type DialectRates = Readonly<Partial<Record<WireEncoding, readonly number[]>>>;

/** One format of a media server or an agent. */
export interface Dialect {
  readonly name: string;
  /** The products that speak it. */
  readonly title: string;
  readonly transport: 'websocket' | 'tcp';
  /** Names that the client offers for the connection, and of which the server takes one. */
  readonly subprotocols: readonly string[];
  /** Headers that the request for a connection needs, by the version of the dialect. Default: none. */
  readonly headersOf?: (variant?: string) => Readonly<Record<string, string>>;
  /** Versions of the dialect, the default first. */
  readonly variants: readonly string[];
  /** Default audio. */
  readonly format: MediaFormat;
  /** Rates that it can carry, in Hz, by encoding. */
  readonly rates: DialectRates;
  /** Rates of a version that differs from the others. */
  readonly ratesOf?: Readonly<Record<string, DialectRates>>;
  /** Two voices of a call: interleaved, as tracks of their own, or only mixed. */
  readonly stereo: 'channels' | 'tracks' | 'none';
  /** Length of a message of audio, in ms: exactly so where `isExact`. */
  readonly frame: { readonly ms: number; readonly isExact: boolean };
  /** True where the session begins with the connection, and no message says so. */
  readonly startsByConnecting: boolean;
  /** True where marks that a clear has taken away come back as if they had been played. */
  readonly returnsClearedMarks: boolean;
  /** True where the provider tells of each mark that comes back if it was played or cleared. Default false. */
  readonly tellsClearedMarks?: boolean;
  /** Events that survive it, by their sender. Everything else is lost. */
  readonly says: {
    readonly provider: readonly MediaEventType[];
    readonly application: readonly MediaEventType[];
  };
  readonly notes: DialectNotes;
  codec(role: MediaRole, options: CodecOptions): MediaCodec;
}
