import { rule } from '../../base/check.js';
import { during } from '../../base/during.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import { keyHeaders } from '../../base/web/service-key.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaConnection } from './media-connection.js';
import { hostOf } from './not-connected.js';

/** Credentials for a connection. */
export interface MediaCredentials {
  /** Token for `Authorization: Bearer`. */
  readonly bearer?: string;
  /** `user:password` for `Authorization: Basic`. */
  readonly basic?: string;
  /** Header for the token of `bearer`, with the word before the token, if any: `api-key`, `Authorization: Token`. */
  readonly tokenHeader?: string;
}

/** Options of a connection to a media server or an agent. */
export interface ConnectMediaOptions {
  readonly clock: Clock;
  /** True: a virtual `clock` stands still meanwhile, and the clock of the machine limits the wait. Default false. */
  readonly isHeld?: boolean | undefined;
  readonly credentials?: MediaCredentials | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ca?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 10_000;
const PROTOCOLS: Readonly<Record<Dialect['transport'], readonly string[]>> = {
  websocket: ['ws:', 'wss:'],
  tcp: ['tcp:', 'tls:'],
};

/** Accepts the address of a media server or an agent. */
export const MEDIA_URL = rule(
  'an address such as wss://agent.example.com/call, or tcp://host:port',
  (value) =>
    typeof value === 'string' &&
    value.length <= 4096 &&
    URL.canParse(value) &&
    Object.values(PROTOCOLS).flat().includes(new URL(value).protocol),
);

/**
 * Connects to `url` for a session of `dialect`.
 *
 * @throws ERR_INVALID_ARG for an address of another protocol than the dialect's; ERR_PEER, ERR_TIMEOUT, ERR_FORBIDDEN,
 * ERR_ABORTED.
 */
export async function connectMedia(
  url: string,
  dialect: Dialect,
  options: ConnectMediaOptions,
): Promise<MediaConnection> {
  checkMediaUrl(url, dialect);
  return await (options.isHeld
    ? during(options.clock, dialInTime(url, dialect, options, systemClock))
    : dialInTime(url, dialect, options, options.clock));
}

async function dialInTime(
  url: string,
  dialect: Dialect,
  { timeoutMs = TIMEOUT_MS, signal, ...options }: ConnectMediaOptions,
  clock: Clock,
): Promise<MediaConnection> {
  using limit = new TimeLimit(clock, { timeoutMs, signal });
  try {
    return await dial(url, dialect, { ...options, signal: limit.signal });
  } catch (error) {
    if (!limit.passed) throw error;
    throw new JackfieldError('ERR_TIMEOUT', `${hostOf(url)} did not answer in ${timeoutMs} ms.`);
  }
}

async function dial(
  url: string,
  dialect: Dialect,
  { clock, headers, credentials = {}, ca, signal }: ConnectMediaOptions,
): Promise<MediaConnection> {
  const address = new URL(url);
  if (dialect.transport === 'tcp') {
    const { dialTcp } = await import('../audiosocket/tcp-connection.js');
    return await dialTcp(address, { clock, isSecure: address.protocol === 'tls:', ca, signal });
  }
  const { dialWebSocket } = await import('../websocket/dial-web-socket.js');
  const { bearer: token, basic, tokenHeader } = credentials;
  const authorization =
    token === undefined
      ? basic && { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
      : keyHeaders({ token, ...(tokenHeader !== undefined && { tokenHeader }) });
  const { subprotocols } = dialect;
  return await dialWebSocket(url, {
    ...{ clock, subprotocols, ca, signal },
    headers: { ...headers, ...authorization },
  });
}

/** @throws ERR_INVALID_ARG for an address of another protocol than the dialect's. */
export function checkMediaUrl(url: string, { name, transport }: Dialect): void {
  const protocols = PROTOCOLS[transport];
  const isFit = MEDIA_URL.accepts(url) && protocols.includes(new URL(url).protocol);
  if (!isFit)
    throw invalidArgument(
      'url',
      `an address with ${protocols.map((each) => `${each}//`).join(' or ')} for the dialect ${name}`,
      MEDIA_URL.accepts(url) ? new URL(url).protocol : url,
    );
}
