import { splitHeaderList } from './headers.js';

/** Parameters of a value, by lower-case name. A parameter without a value is empty. */
export type Params = ReadonlyMap<string, string>;

/** Address of a header such as From, To or Contact (RFC 3261, section 20.10). */
export interface SipAddress {
  /** Display name, without quotation marks; empty when there is none. */
  readonly name: string;
  readonly uri: string;
  readonly params: Params;
}

/** SIP URI, or the number of a `tel:` URI as its user. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** User without escapes; empty when there is none. */
  readonly user: string;
  /** Host in lower case, an IPv6 address in brackets; empty in a `tel:` URI. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** Text after the `?`, such as `Replaces=...`. */
  readonly headers: string;
}

/** Top value of a Via header (RFC 3261, section 18.1.1). */
export interface Via {
  /** Transport in upper case: `UDP`, `TCP`, `TLS`, ... */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
}

/** Longest display name that is kept, in characters. */
const MAX_NAME = 300;
const NO_PARAMS: Params = new Map();
const URI = /^(sips?):(?:([^@]*)@)?(\[[0-9a-f:.%]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?(;[^?]*)?(?:\?(.*))?$/i;
const TEL = /^tel:([^;?]+)(;[^?]*)?$/i;
const VIA =
  /^SIP\s*\/\s*2\.0\s*\/\s*([a-z0-9-]+)\s+(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?:\s*:\s*(\d{1,5}))?\s*(;.*)?$/i;

/** Reads an address with or without a name and angle brackets; undefined for a text that is not an address. */
export function readAddress(value: string): SipAddress | undefined {
  let at = 0;
  let name = '';
  const text = value.trim();
  if (text[0] === '"') {
    at = closingQuote(text);
    if (at < 0) return undefined;
    name = text.slice(1, at).replace(/\\(.)/g, '$1');
    at++;
  }
  const open = text.indexOf('<', at);
  if (open >= 0) {
    const close = text.indexOf('>', open);
    if (close < 0) return undefined;
    if (at === 0) name = text.slice(0, open).trim();
    const uri = text.slice(open + 1, close).trim();
    if (uri === '') return undefined;
    return { name: readable(name), uri, params: readParams(text.slice(close + 1)) };
  }
  const semicolon = text.indexOf(';');
  const uri = semicolon < 0 ? text : text.slice(0, semicolon).trim();
  if (at > 0 || !uri.includes(':') || /[\s?]/.test(uri)) return undefined;
  return { name: '', uri, params: semicolon < 0 ? NO_PARAMS : readParams(text.slice(semicolon)) };
}

/** Writes an address. The name is quoted, so that it cannot end the address. */
export function writeAddress(uri: string, name = '', params: Readonly<Record<string, string>> = {}): string {
  const tail = Object.entries(params).map(([key, value]) => (value === '' ? `;${key}` : `;${key}=${value}`));
  return `${name === '' ? '' : `${quoted(name)} `}<${uri}>${tail.join('')}`;
}

/** Quotes a text, as bytes of UTF-8. */
export function quoted(text: string): string {
  const safe = text.slice(0, MAX_NAME).replace(/\p{Cc}+/gu, ' ');
  return `"${onWire(safe).replace(/["\\]/g, '\\$&')}"`;
}

/** Reads a URI; undefined for another scheme or an invalid text. */
export function readUri(text: string): SipUri | undefined {
  const [, scheme = '', userInfo = '', host = '', port, params = '', headers = ''] = URI.exec(text) ?? [];
  if (scheme !== '') {
    const [user = ''] = userInfo.split(':');
    return {
      scheme: scheme.toLowerCase() as 'sip' | 'sips',
      user: unescaped(user),
      host: host.toLowerCase(),
      port: port === undefined ? undefined : Number(port),
      params: readParams(params),
      headers,
    };
  }
  const [, number = '', telParams = ''] = TEL.exec(text) ?? [];
  if (number === '') return undefined;
  const read = readParams(telParams);
  return { scheme: 'tel', user: unescaped(number), host: '', port: undefined, params: read, headers: '' };
}

/** Escapes the user of a URI. */
export function escapeUser(user: string): string {
  return encodeURIComponent(user).replace(/%2B/g, '+').replace(/%2C/g, ',');
}

/** Reads one value of a Via header; undefined for a text that is not one. */
export function readVia(value: string): Via | undefined {
  const [, transport = '', host = '', port, params = ''] = VIA.exec(value.trim()) ?? [];
  if (host === '') return undefined;
  return {
    transport: transport.toUpperCase(),
    host: host.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params: readParams(params),
  };
}

/**
 * Reads `;name=value;flag`. Quoted values lose their quotation marks. The first of several parameters with the same
 * name counts.
 */
export function readParams(text: string): Params {
  if (text === '') return NO_PARAMS;
  const params = new Map<string, string>();
  const count = text.length;
  let at = text.indexOf(';');
  while (at >= 0 && at < count) {
    const start = at + 1;
    at = endOfParam(text, start);
    const part = text.slice(start, at);
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : unquoted(part.slice(equals + 1).trim());
    if (name !== '' && !params.has(name)) params.set(name, value);
  }
  return params;
}

/**
 * Finds the semicolon that ends a parameter, or the end of the text. A semicolon in quotation marks is part of a value.
 */
function endOfParam(text: string, start: number): number {
  const semicolon = text.indexOf(';', start);
  const plain = semicolon < 0 ? text.length : semicolon;
  const quote = text.indexOf('"', start);
  if (quote < 0 || quote > plain) return plain;
  let isQuoted = false;
  let at = start;
  for (; at < text.length && (isQuoted || text[at] !== ';'); at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (isQuoted && text[at] === '\\') at++;
  }
  return at;
}

/** Reads `name="value", other=value` of digest challenges and answers. */
export function readPairs(text: string): Params {
  return readParams(
    splitHeaderList(text)
      .map((pair) => `;${pair}`)
      .join(''),
  );
}

/** Decodes text of the wire, whose characters are bytes, as UTF-8, or as Latin-1 if it is not UTF-8. */
export function readable(wire: string): string {
  if (!/[\x80-\xff]/.test(wire)) return wire;
  const text = Buffer.from(wire, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? wire : text;
}

/** Encodes text for the wire, with a character for each byte of UTF-8. */
export function onWire(text: string): string {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

function closingQuote(text: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function unquoted(text: string): string {
  return text.length > 1 && text[0] === '"' && text.endsWith('"')
    ? text.slice(1, -1).replace(/\\(.)/g, '$1')
    : text;
}

function unescaped(user: string): string {
  if (!user.includes('%')) return user;
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
