import { readAddress, readVia, type Via } from './address.js';
import { headerName, type SipHeader, SipHeaders, splitHeaderList } from './headers.js';

/** Longest accepted message, in bytes. */
export const MAX_SIP_MESSAGE_BYTES = 65_535;
/** Longest head, in bytes, and most header lines. A message with more is refused. */
const MAX_HEAD_BYTES = 32_768;
const MAX_LINES = 512;
const MAX_CSEQ = 2 ** 31 - 1;

const NOTHING = Buffer.alloc(0);
const LF = 10;
const CR = 13;

/** Request, such as INVITE. Each character of its texts is a byte (Latin-1). */
export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** Invalid message. */
export interface Malformed {
  readonly kind: 'malformed';
  /** Status of the refusal. */
  readonly status: 400 | 413 | 505;
  readonly reason: string;
  /** Request, as far as it could be read; undefined when it cannot be answered. */
  readonly request: SipRequest | undefined;
}

/** Number and method of a CSeq header. */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/**
 * Reads a datagram; undefined for an empty one, which keeps a NAT open. The body ends with the datagram, whatever
 * Content-Length says.
 */
export function readDatagram(bytes: Buffer): SipMessage | Malformed | undefined {
  const start = skipBreaks(bytes, 0);
  if (start === bytes.length) return undefined;
  const head = endOfHead(bytes, start);
  const end = head?.end ?? bytes.length;
  const message = readHead(bytes.toString('latin1', start, Math.min(end, start + MAX_HEAD_BYTES)));
  if (end - start > MAX_HEAD_BYTES) return tooLong(message);
  if (message.kind === 'malformed') return message;
  const length = contentLength(message.headers);
  if (length === 'bad') return refusedAs(message, 'Content-Length');
  const from = head?.next ?? bytes.length;
  const to = Math.min(bytes.length, from + (length ?? bytes.length));
  return checked({ ...message, body: bytes.subarray(from, to) });
}

/** Result of reading a stream: a message and its end; no message for line breaks between messages. */
export type StreamRead =
  | { readonly end: number; readonly message: SipMessage | Malformed | undefined }
  /** The stream is out of step. Nothing after this can be read. */
  | { readonly end: 'lost'; readonly message: Malformed };

/**
 * Reads the first message of a stream.
 *
 * @returns undefined while the message is incomplete; a result without a message for line breaks between messages.
 */
export function readStream(bytes: Buffer): StreamRead | undefined {
  const start = skipBreaks(bytes, 0);
  if (start > 0) return { end: start, message: undefined };
  const head = endOfHead(bytes, 0);
  if (!head) return bytes.length > MAX_HEAD_BYTES ? lost(tooLong()) : undefined;
  if (head.end > MAX_HEAD_BYTES) return lost(tooLong());
  const message = readHead(bytes.toString('latin1', 0, head.end));
  if (message.kind === 'malformed' && !message.request) return lost(message);
  const { headers } = message.kind === 'malformed' ? (message.request as SipRequest) : message;
  const length = contentLength(headers) ?? 0;
  if (length === 'bad')
    return lost(message.kind === 'malformed' ? message : refusedAs(message, 'Content-Length'));
  if (length > MAX_SIP_MESSAGE_BYTES) return lost(tooLong(message));
  const end = head.next + length;
  if (end > bytes.length) return undefined;
  if (message.kind === 'malformed') return { end, message };
  return { end, message: checked({ ...message, body: bytes.subarray(head.next, end) }) };
}

/** Writes a message. Content-Length is that of the body. */
export function writeMessage(message: SipMessage): Buffer {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  let text = first;
  for (const [name, value] of message.headers) {
    if (name !== 'Content-Length')
      text += `${name}: ${value.includes('\n') ? value.replace(/[\r\n]+/g, ' ') : value}\r\n`;
  }
  text += `Content-Length: ${message.body.length}\r\n\r\n`;
  const head = Buffer.from(text, 'latin1');
  return message.body.length === 0 ? head : Buffer.concat([head, message.body]);
}

/** Returns the CSeq of a message. */
export function cseqOf(headers: SipHeaders): CSeq {
  return headers.read(readSequence) ?? { number: 0, method: '' };
}

/** Returns the top Via of a message. */
export function topVia(headers: SipHeaders): Via | undefined {
  return headers.read(readTopVia);
}

/** Returns the tag in From or To of a message; empty when there is none. */
export function tagOf(headers: SipHeaders, name: 'From' | 'To'): string {
  return headers.read(name === 'From' ? readFrom : readTo)?.params.get('tag') ?? '';
}

const readSequence = (headers: SipHeaders) => readCSeq(headers.get('CSeq') ?? '');
const readTopVia = (headers: SipHeaders) => readVia(splitHeaderList(headers.get('Via') ?? '')[0] ?? '');
const readFrom = (headers: SipHeaders) => readAddress(headers.get('From') ?? '');
const readTo = (headers: SipHeaders) => readAddress(headers.get('To') ?? '');

function readHead(text: string): SipMessage | Malformed {
  const lineEnd = text.indexOf('\n');
  const first = cut(text, 0, lineEnd < 0 ? text.length : lineEnd);
  const fields: SipHeader[] = [];
  let at = lineEnd < 0 ? text.length : lineEnd + 1;
  let name = '';
  let value = '';
  const push = () => {
    if (name !== '') fields.push([name, value.trim()]);
    name = '';
  };
  while (at < text.length && fields.length <= MAX_LINES) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    const line = cut(text, at, end);
    at = end + 1;
    const code = line.charCodeAt(0);
    if (code === 32 || code === 9) {
      value += ` ${line.trim()}`;
      continue;
    }
    push();
    const colon = line.indexOf(':');
    // A line without a name is ignored. Required headers are checked below.
    if (colon <= 0) continue;
    name = headerName(line.slice(0, colon).trimEnd());
    value = line.slice(colon + 1);
  }
  push();
  const headers = SipHeaders.of(fields);
  if (fields.length > MAX_LINES) return tooLong(readFirst(first, headers));
  return readFirst(first, headers);
}

function readFirst(line: string, headers: SipHeaders): SipMessage | Malformed {
  const body = NOTHING;
  if (/^SIP\//i.test(line)) {
    const [, version, digits, reason = ''] = /^SIP\/(\d+\.\d+) (\d{3})(?: (.*))?$/i.exec(line) ?? [];
    const status = Number(digits);
    // Responses are never answered.
    if (version !== '2.0' || !(status >= 100 && status <= 699)) return malformed(400, 'status line');
    return { kind: 'response', status, reason, headers, body };
  }
  const [method = '', ...rest] = line.split(' ');
  const version = rest.pop() ?? '';
  const uri = rest.join(' ');
  if (!/^[a-z0-9.!%*_+`'~-]{1,64}$/i.test(method) || !/^SIP\/\d+\.\d+$/i.test(version)) {
    // A client that sends something like a request gets an error response.
    const request = /\bSIP\/2\.0\b/i.test(line)
      ? ({ kind: 'request', method, uri, headers, body } as const)
      : undefined;
    return malformed(400, 'request line', request);
  }
  const request = { kind: 'request', method, uri, headers, body } as const;
  if (version.toUpperCase() !== 'SIP/2.0') return malformed(505, 'version', request);
  if (uri === '' || /[\s<>"]/.test(uri)) return malformed(400, 'Request-URI', request);
  return request;
}

/** Checks the headers without which no message can be handled (RFC 3261, section 8.1.1). */
function checked(message: SipMessage): SipMessage | Malformed {
  const { headers } = message;
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'] as const) {
    const count = headers.count(name);
    if (count > 1 || (count === 0 && name !== 'Max-Forwards')) return refusedAs(message, name);
  }
  if (!topVia(headers)) return refusedAs(message, 'Via');
  if (!headers.read(readFrom)) return refusedAs(message, 'From');
  if (!headers.read(readTo)) return refusedAs(message, 'To');
  const cseq = headers.read(readSequence);
  if (!cseq || headers.get('Call-ID') === '') return refusedAs(message, 'CSeq');
  if (message.kind === 'request') {
    if (cseq.method !== message.method) return refusedAs(message, 'CSeq');
    const hops = headers.get('Max-Forwards');
    if (hops !== undefined && !(/^\d{1,10}$/.test(hops) && Number(hops) <= 255)) {
      return refusedAs(message, 'Max-Forwards');
    }
  }
  return message;
}

function readCSeq(value: string): CSeq | undefined {
  const [, digits = '', method = ''] = /^(\d{1,10})\s+(\S+)$/.exec(value) ?? [];
  const number = Number(digits);
  return digits === '' || number > MAX_CSEQ ? undefined : { number, method };
}

function contentLength(headers: SipHeaders): number | 'bad' | undefined {
  const lines = headers.lines('Content-Length');
  const [first] = lines;
  if (first === undefined) return undefined;
  return lines.some((line) => line !== first) || !/^\d{1,9}$/.test(first) ? 'bad' : Number(first);
}

/** Finds the empty line: the end of the head, and the start of the body. */
function endOfHead(
  bytes: Buffer,
  start: number,
): { readonly end: number; readonly next: number } | undefined {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return { end: at + 1, next: at + 2 };
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return { end: at + 1, next: at + 3 };
  }
  return undefined;
}

function skipBreaks(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && (bytes[at] === CR || bytes[at] === LF || bytes[at] === 0)) at++;
  return at;
}

/** Returns a part of a text without the CR at its end. */
function cut(text: string, start: number, end: number): string {
  return text.slice(start, end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end);
}

function malformed(status: Malformed['status'], what: string, request?: SipRequest): Malformed {
  return { kind: 'malformed', status, reason: `Bad ${what}`, request };
}

function refusedAs(message: SipMessage, what: string): Malformed {
  return malformed(400, what, message.kind === 'request' ? message : undefined);
}

function tooLong(message?: SipMessage | Malformed): Malformed {
  const request = message?.kind === 'request' ? message : undefined;
  return { kind: 'malformed', status: 413, reason: 'Message Too Large', request };
}

function lost(message: Malformed): StreamRead {
  return { end: 'lost', message };
}
