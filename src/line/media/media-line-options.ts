import {
  callback,
  either,
  flag,
  line,
  needed,
  nested,
  oneOf,
  type Rules,
  rule,
  secret,
  text,
  wait,
  whole,
  words,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { CERTIFICATES } from '../../base/system/certificates.js';
import { KEY, KEY_HEADER } from '../../base/web/service-key.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaFormat, MediaRole, MediaStart, WireEncoding } from '../dialect/media-event.js';
import { MEDIA_URL, type MediaCredentials } from './connect-media.js';

/** Incoming call of a media server: its start, and the address that it connected to. */
export interface CallFromMedia extends MediaStart {
  /** Address of the request. Only path and query are meaningful; a TCP connection has neither. */
  readonly url: URL;
}

/** Private key and certificates, each as PEM. */
export interface MediaTls {
  readonly key: string;
  readonly cert: string;
}

/** Port that media servers connect to. */
export interface MediaListenOptions {
  /** Port to listen on; 0 for any free one. Default 0. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Key and certificates for TLS. Default: no TLS. */
  readonly tls?: MediaTls;
  /**
   * True: a thread of its own listens and holds the connections, so that this thread has about half of the work.
   * Sessions and calls stay in this thread. Handshakes and pings then follow the clock of the machine. When the thread
   * ends by itself, its calls end with ERR_CLOSED, and another thread takes its place. Default false.
   */
  readonly thread?: boolean;
}

/** Application or media server to which outgoing calls are connected. */
export interface MediaConnectOptions {
  /** Its address, or a function that returns the address for a number; undefined when there is no such number. */
  readonly url: string | ((number: string) => string | undefined);
  /** `provider`: this side has the call, as Twilio would. `application`: the other end has it. Default `provider`. */
  readonly role?: MediaRole;
  readonly credentials?: MediaCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates of the trusted authorities, as PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Time limit for the connection, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** Options of both kinds of lines. */
export interface MediaLineOptions {
  /** Name in reports. Default: the name of the dialect. */
  readonly name?: string;
  /** Version of the dialect, one of those that docs/media-servers.md lists. Default: the first. */
  readonly variant?: string;
  /** Encoding of the audio on the wire. Default: that of the dialect. */
  readonly encoding?: WireEncoding;
  /** Rate of the audio on the wire, in Hz: 8000 to 192000. Default: that of the dialect. */
  readonly sampleRate?: number;
  /**
   * Target of incoming calls: a handle or a number of the exchange. Default: the target that the start of the call
   * names.
   */
  readonly target?: string | ((call: CallFromMedia) => string);
  /**
   * Port that media servers connect to. Default: a free port that only this machine can reach. False: the line does not
   * listen.
   */
  readonly listen?: MediaListenOptions | false;
  /** Application to which calls to numbers of the line go. Default: none. */
  readonly connect?: MediaConnectOptions;
  /** Most simultaneous calls: 1 to 100,000. Default 1000. */
  readonly maxCalls?: number;
  /** Time limit for the start of a session on a new connection, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

const CREDENTIALS: Rules<MediaCredentials> = {
  bearer: KEY,
  basic: secret(text(1, 4096)),
  tokenHeader: KEY_HEADER,
};
/** The rule of {@link MediaTls}. */
export const TLS_RULE = nested<MediaTls>({ key: needed(words), cert: needed(words) });
/** The rule of {@link MediaCredentials}. */
export const CREDENTIALS_RULE = nested<MediaCredentials>(CREDENTIALS);
/** Accepts headers of a request. */
export const HEADERS = rule('an object of strings', (value) => {
  const texts = typeof value === 'object' && value !== null ? Object.values(value) : [0];
  return texts.every((each) => typeof each === 'string' && !/[\r\n\0]/.test(each));
});
/** Accepts an encoding of audio. */
export const ENCODING = oneOf('s16', 's16be', 'mulaw', 'alaw');

/** The rules of {@link MediaLineOptions}. */
export const MEDIA_LINE_RULES: Rules<MediaLineOptions> = {
  name: line(1, 100),
  variant: words,
  encoding: ENCODING,
  sampleRate: SAMPLE_RATE,
  target: either(line(1, 200), callback),
  listen: either(
    rule('false', (value) => value === false),
    nested<MediaListenOptions>({
      port: whole(0, 65_535),
      host: line(1, 255),
      tls: TLS_RULE,
      thread: flag,
    }),
  ),
  connect: nested<MediaConnectOptions>({
    url: needed(either(MEDIA_URL, callback)),
    role: oneOf('provider', 'application'),
    credentials: CREDENTIALS_RULE,
    headers: HEADERS,
    ca: CERTIFICATES,
    timeoutMs: wait,
  }),
  maxCalls: whole(1, 100_000),
  startTimeoutMs: wait,
};

/** Audio of a session, as options name it. */
export interface NamedFormat {
  readonly variant?: string | undefined;
  readonly encoding?: WireEncoding | undefined;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
}

/**
 * Returns the format that options name.
 *
 * @throws ERR_INVALID_ARG for a format that this version of the dialect does not have.
 */
export function formatFor(dialect: Dialect, named: NamedFormat): MediaFormat {
  const { variant, encoding = dialect.format.encoding, channels = 1 } = named;
  checkVariant(dialect, variant);
  const known = entryOf(dialect.ratesOf ?? {}, variant ?? '') ?? dialect.rates;
  const rates = known[encoding];
  if (!rates) throw invalidArgument('encoding', oneOf(...Object.keys(known)).expected, encoding);
  const usual = encoding === dialect.format.encoding ? dialect.format.sampleRate : 8000;
  const { sampleRate = usual } = named;
  if (!rates.includes(sampleRate))
    throw invalidArgument(
      'sampleRate',
      `${rates.join(' or ')} for ${encoding} of ${dialect.name}`,
      sampleRate,
    );
  return { encoding, sampleRate, channels };
}

function checkVariant({ variants }: Dialect, variant: string | undefined): void {
  if (variant === undefined || variants.includes(variant)) return;
  const expected = variants.length > 0 ? oneOf(...variants).expected : 'left out for this dialect';
  throw invalidArgument('variant', expected, variant);
}
