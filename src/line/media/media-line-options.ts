import {
  callback,
  either,
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

/** A call that a media server brings: what its start tells, and the address that it connected to. */
export interface CallFromMedia extends MediaStart {
  /** Its host means nothing; path and query are those of the request. Of a TCP connection it has none. */
  readonly url: URL;
}

/** A key and its certificates, each as PEM. */
export interface MediaTls {
  readonly key: string;
  readonly cert: string;
}

/** The port that media servers connect to. */
export interface MediaListenOptions {
  /** 0: one that is free. Default 0. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: without TLS. */
  readonly tls?: MediaTls;
}

/** The application or media server that calls out of the exchange are connected to. */
export interface MediaConnectOptions {
  /** Its address, or the address for a number; nothing where there is no such number. */
  readonly url: string | ((number: string) => string | undefined);
  /** `provider`: we have the call, as Twilio would. `application`: the other end has it. Default `provider`. */
  readonly role?: MediaRole;
  readonly credentials?: MediaCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates of the authorities that are trusted, as PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Time in which the connection has to stand, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** Options that both kinds of lines have. */
export interface MediaLineOptions {
  /** Name in reports. Default: the dialect. */
  readonly name?: string;
  /** Version of the dialect, one of those that docs/media-servers.md lists. Default: the first. */
  readonly variant?: string;
  /** Encoding of the audio on the wire. Default: that of the dialect. */
  readonly encoding?: WireEncoding;
  /** Rate of the audio on the wire, in Hz: 8000 to 192000. Default: that of the dialect. */
  readonly sampleRate?: number;
  /** Target of the calls that come in: a handle or a number of the exchange. Default: what the call's start names. */
  readonly target?: string | ((call: CallFromMedia) => string);
  /** Port that media servers connect to. Default: a port of this machine alone. False: none can. */
  readonly listen?: MediaListenOptions | false;
  /** Application that calls to numbers of the line go to. Default: none. */
  readonly connect?: MediaConnectOptions;
  /** Calls at once: 1 to 100,000. Default 1000. */
  readonly maxCalls?: number;
  /** Time in which a connection has to say what it is, in milliseconds. Default 10,000. */
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
export const HEADERS = rule('an object of texts', (value) => {
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

/** The format that options name. @throws ERR_INVALID_ARG where the dialect, in this version, does not have it. */
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
