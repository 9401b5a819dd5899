import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf } from '../../base/errors.js';
import { addressesOf, type HostAddress, isPublicAddress, leadingTo } from '../../base/system/host-address.js';
import { HttpRefusal } from '../../http/http-refusal.js';

/** A page as it was fetched. */
export interface FetchedPage {
  /** Address at which it was found, after redirects. */
  readonly address: string;
  readonly status: number;
  readonly contentType: string;
  /** Bytes that the server said it has; -1 where it has not. */
  readonly size: number;
  /** Text of a page of HTML; empty for others. */
  readonly html: string;
}

/** Rules by which pages are fetched. */
export interface FetchRules {
  /** Hosts that may be asked, by name. */
  readonly hosts: readonly string[];
  /** Says which addresses may be connected to. Default: those of the public internet. */
  readonly isAllowed?: (address: string) => boolean;
  /** Finds the addresses of a name. Default: those that the system knows. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const MAX_REDIRECTS = 4;
/** Longest part of a page that is read, in bytes, and longest time for all of it, in milliseconds. */
const MAX_BYTES = 524_288;
const TIMEOUT_MS = 8000;

/**
 * Fetches a page from a host that is listed. Its address is checked once its name is resolved, and connected to as it was
 * checked; each redirect is looked at anew.
 *
 * @throws HttpRefusal 400, 403, 502.
 */
export async function fetchPage(url: string, rules: FetchRules, gone: AbortSignal): Promise<FetchedPage> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(TIMEOUT_MS)]);
  let address = checkedAddress(url, rules);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await connected(address, rules, signal);
    const { statusCode: status = 0, headers } = response;
    const { location } = headers;
    if (status < 300 || status >= 400 || location === undefined) return await pageOf(address, response);
    response.destroy();
    if (!URL.canParse(location, address.href)) break;
    address = checkedAddress(new URL(location, address.href).href, rules);
  }
  throw new HttpRefusal(502, 'ERR_PEER', 'The page redirects too often.', 'a page with few redirects');
}

/** @throws HttpRefusal 400 for a value that is not an address of the web, 403 for a host that is not listed. */
function checkedAddress(url: string, { hosts }: FetchRules): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const isWeb = address?.protocol === 'http:' || address?.protocol === 'https:';
  if (!address || !isWeb || address.username !== '' || address.password !== '') {
    throw new HttpRefusal(
      400,
      'ERR_INVALID_ARG',
      'The address is not a web address.',
      'http://HOST/ or https://HOST/',
    );
  }
  if (hosts.some((host) => host.toLowerCase() === address.hostname)) return address;
  const expected =
    hosts.length > 0 ? `one of ${hosts.join(', ')}` : 'a host in the option urlHosts, which is empty';
  throw new HttpRefusal(403, 'ERR_FORBIDDEN', 'Pages of this host may not be fetched.', expected);
}

async function connected(address: URL, rules: FetchRules, signal: AbortSignal): Promise<IncomingMessage> {
  const { isAllowed = isPublicAddress, resolve } = rules;
  try {
    const found = await addressesOf(address.hostname, signal, resolve);
    const [first] = found;
    // One address that is not allowed, among others, would be a way in.
    if (first === undefined || !found.every((each) => isAllowed(each.address))) throw notPublic();
    return await answered(address, first, signal);
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    throw new HttpRefusal(
      502,
      'ERR_PEER',
      `The page cannot be fetched: ${messageOf(error)}`,
      'an existing page',
    );
  }
}

function notPublic(): HttpRefusal {
  const text = 'The host has an address outside the public internet.';
  return new HttpRefusal(403, 'ERR_FORBIDDEN', text, 'a host on the public internet');
}

function answered(address: URL, to: HostAddress, signal: AbortSignal): Promise<IncomingMessage> {
  const make = address.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asking = make(
      address,
      {
        signal,
        agent: false,
        headers: { accept: 'text/html', 'user-agent': 'jackfield' },
        lookup: leadingTo(to),
      },
      resolve,
    );
    asking.on('error', reject).end();
  });
}

async function pageOf(address: URL, response: IncomingMessage): Promise<FetchedPage> {
  const [contentType = ''] = (response.headers['content-type'] ?? '').split(';', 1);
  const length = response.headers['content-length'];
  const page = {
    address: address.href,
    status: response.statusCode ?? 0,
    contentType: contentType.trim().toLowerCase(),
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : -1,
  };
  if (!/^(?:text\/html|application\/xhtml\+xml)$/.test(page.contentType)) {
    response.destroy();
    return { ...page, html: '' };
  }
  const parts: Buffer[] = [];
  let read = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      read += part.length;
      if (read >= MAX_BYTES) break;
    }
  } catch (error) {
    throw new HttpRefusal(
      502,
      'ERR_PEER',
      `The download of the page failed: ${messageOf(error)}`,
      'a complete page',
    );
  }
  return { ...page, html: Buffer.concat(parts).subarray(0, MAX_BYTES).toString('utf8') };
}
