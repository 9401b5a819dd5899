import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { checkOptions, flag, listOf, needed, object, type Rules, rule, whole } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { addressesOf, isPrivateAddress, leadingTo } from '../../base/system/host-address.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';

/** Limits of the requests that a flow makes. */
export interface FlowHttpOptions {
  /** Hosts that requests may go to: `api.example.org`, `api.example.org:8443`, `*.example.org` for all subdomains. */
  readonly hosts: readonly string[];
  /** True allows addresses of a private network or of this machine. Default false. */
  readonly privateAddresses?: boolean | undefined;
  /** Headers by host, such as its key. They are sent to that host only. Default: none. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** Longest response body, in bytes: 1 to 10,000,000. Default 65,536. */
  readonly maxBytes?: number | undefined;
}

/** A request of a flow. */
export interface FlowRequest {
  readonly url: string;
  readonly method: string;
  /** The body, which is sent as JSON. */
  readonly json?: unknown;
  /** Longest time from the beginning to the last byte of the response, redirects included, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface FlowAnswer {
  readonly status: number;
  readonly body: string;
}

const HOST = rule(
  'a host such as api.example.org, api.example.org:8443 or *.example.org',
  (value) =>
    typeof value === 'string' && /^(\*\.)?[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i.test(value),
);
/** The rules of {@link FlowHttpOptions}. */
export const FLOW_HTTP: Rules<FlowHttpOptions> = {
  hosts: needed(listOf(HOST, 0, 1000)),
  privateAddresses: flag,
  headers: object,
  maxBytes: whole(1, 10_000_000, 'bytes'),
};

const MAX_REDIRECTS = 5;

/** Splits an entry of `http.hosts` into host and port. The port is empty when there is none. */
function listedHost(entry: string): { host: string; port: string } {
  const colon = entry.lastIndexOf(':');
  const port = entry.slice(colon + 1);
  if (colon < 0 || !/^\d+$/.test(port)) return { host: entry.toLowerCase(), port: '' };
  return { host: entry.slice(0, colon).toLowerCase(), port };
}

/** Checks a URL before anything is sent. @throws ERR_FORBIDDEN, ERR_INVALID_ARG. */
export function checkUrl(text: string, { hosts }: FlowHttpOptions): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `${text} must be an http: or https: address without user and password.`,
    );
  const isListed = hosts.some((each) => {
    const { host, port } = listedHost(each);
    if (port !== url.port && port !== (url.protocol === 'https:' ? '443' : '80')) return false;
    return host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host;
  });
  if (isListed) return url;
  const known = hosts.length === 0 ? 'no host is' : `only ${hosts.join(', ')}`;
  throw new JackfieldError(
    'ERR_FORBIDDEN',
    `The flow may not send requests to ${url.host}: ${known} listed in http.hosts.`,
  );
}

/**
 * Sends a request to a listed host, with limits of time and size. Every redirect is checked in the same way. The IP
 * address of a host is checked too, and the connection goes to the checked address.
 *
 * @throws ERR_FORBIDDEN for a host or an address that is not allowed; ERR_TIMEOUT; ERR_LIMIT for a response that is too
 * long or too many redirects; ERR_PEER.
 */
export async function flowRequest(request: FlowRequest, options: FlowHttpOptions): Promise<FlowAnswer> {
  checkOptions(options, FLOW_HTTP, 'http.');
  using limit = new TimeLimit(systemClock, request);
  const { signal } = limit;
  let { method, json } = request;
  let url = checkUrl(request.url, options);
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await once(url, { method, json, signal }, options);
      const { status, location } = answer;
      if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return answer;
      const to = checkUrl(new URL(location, url).href, options);
      if (url.protocol === 'https:' && to.protocol !== 'https:')
        throw new JackfieldError('ERR_FORBIDDEN', `${url.host} redirects to an unencrypted address.`);
      if (status < 307 && method !== 'GET') [method, json] = ['GET', undefined];
      url = to;
    }
  } catch (error) {
    if (limit.passed)
      throw new JackfieldError('ERR_TIMEOUT', `${url.host} took longer than ${request.timeoutMs} ms.`);
    if (error instanceof JackfieldError) throw error;
    request.signal.throwIfAborted();
    throw new JackfieldError('ERR_PEER', `The request to ${url.host} failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new JackfieldError('ERR_LIMIT', `${url.host} redirects more than ${MAX_REDIRECTS} times.`);
}

async function once(
  url: URL,
  { method, json, signal }: Pick<FlowRequest, 'method' | 'json' | 'signal'>,
  { privateAddresses = false, headers = {}, maxBytes = 65_536 }: FlowHttpOptions,
): Promise<FlowAnswer & { readonly location: string | undefined }> {
  const found = await addressesOf(url.hostname, signal);
  const forbidden = found.find(({ address }) => !privateAddresses && isPrivateAddress(address));
  if (forbidden)
    throw new JackfieldError('ERR_FORBIDDEN', `${url.host} has the private address ${forbidden.address}.`);
  const [first] = found as [(typeof found)[0]];
  const body = json === undefined ? undefined : JSON.stringify(json);
  const asked = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
    method,
    signal,
    agent: false,
    lookup: leadingTo(first),
    headers: {
      accept: 'application/json',
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
      ...entryOf(headers, url.host),
    },
  });
  asked.end(body);
  const answer = await answered(asked);
  const { statusCode: status = 0 } = answer;
  return { status, location: answer.headers.location, body: await textOf(answer, url.host, maxBytes) };
}

function answered(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    asked.on('error', reject);
  });
}

async function textOf(answer: IncomingMessage, host: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > maxBytes)
      throw new JackfieldError('ERR_LIMIT', `The answer of ${host} is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
