import { readParams } from './address.js';
import { SipHeaders } from './headers.js';
import type { SipRequest, SipResponse } from './sip-message.js';

/** Body of a message, or one part of it. */
export interface SipBody {
  /** Media type in lower case, without parameters: `application/sdp`. */
  readonly type: string;
  readonly content: Buffer;
}

/** Part of a multipart body. */
export interface SipPart extends SipBody {
  readonly headers: SipHeaders;
}

/** Most parts of one body. */
const MAX_PARTS = 32;
const NOTHING = Buffer.alloc(0);

/** Makes an SDP body. */
export function sdpBody(text: string): SipBody {
  return { type: 'application/sdp', content: Buffer.from(text, 'utf8') };
}

/**
 * Returns the parts of the body of a message: those of `multipart/...`, also nested, or the whole body as one part;
 * none when it is empty.
 */
export function bodyParts(headers: SipHeaders, content: Buffer): SipPart[] {
  if (content.length === 0) return [];
  const written = headers.get('Content-Type') ?? 'application/sdp';
  const type = (written.split(';')[0] ?? '').trim().toLowerCase();
  const boundary = readParams(written).get('boundary');
  if (!type.startsWith('multipart/') || boundary === undefined || boundary === '') {
    return [{ type, content, headers }];
  }
  return split(content, boundary)
    .slice(0, MAX_PARTS)
    .flatMap((part) => {
      const { head, body } = cutHead(part);
      // The recursion ends, because each nested part is shorter than the one around it.
      return bodyParts(head, body);
    })
    .slice(0, MAX_PARTS);
}

/** Returns the SDP of a message, alone or among other parts. */
export function sdpOf({
  headers,
  body,
}: {
  readonly headers: SipHeaders;
  readonly body: Buffer;
}): SipPart | undefined {
  return bodyParts(headers, body).find(({ type }) => type === 'application/sdp');
}

/** Makes a multipart body. */
export function multipart(parts: readonly SipBody[]): SipBody & { readonly boundary: string } {
  const boundary = `jackfield-${parts.length}-${parts.reduce((sum, { content }) => sum + content.length, 0)}-boundary`;
  const pieces = parts.flatMap(({ type, content }) => [
    Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  return {
    type: `multipart/mixed;boundary=${boundary}`,
    content: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
    boundary,
  };
}

/** Returns the message with a body. */
export function withBody<M extends SipRequest | SipResponse>(message: M, body: SipBody | undefined): M {
  if (!body) return message;
  message.headers.set('Content-Type', body.type);
  return { ...message, body: body.content };
}

function split(content: Buffer, boundary: string): Buffer[] {
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  const parts: Buffer[] = [];
  let start = -1;
  for (let at = content.indexOf(mark); at >= 0; at = content.indexOf(mark, at + mark.length)) {
    // A boundary is at the beginning of a line.
    if (at > 0 && content[at - 1] !== 10) continue;
    if (start >= 0) parts.push(content.subarray(start, trimmed(content, at)));
    const after = at + mark.length;
    if (content[after] === 45 && content[after + 1] === 45) return parts;
    const line = content.indexOf(10, after);
    if (line < 0 || parts.length >= MAX_PARTS) return parts;
    start = line + 1;
  }
  // The closing boundary is missing: the part ends with the body.
  if (start >= 0) parts.push(content.subarray(start));
  return parts;
}

/** Returns the end of a part: the line break before a boundary belongs to the boundary. */
function trimmed(content: Buffer, mark: number): number {
  if (content[mark - 1] !== 10) return mark;
  return content[mark - 2] === 13 ? mark - 2 : mark - 1;
}

function cutHead(part: Buffer): { readonly head: SipHeaders; readonly body: Buffer } {
  const found = /(?:^|\r?\n)\r?\n/.exec(part.toString('latin1', 0, 8192));
  const text = found ? part.toString('latin1', 0, found.index) : '';
  const head = new SipHeaders(
    text
      .replace(/\r?\n[ \t]+/g, ' ')
      .split(/\r?\n/)
      .flatMap((line): [string, string][] => {
        const colon = line.indexOf(':');
        return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
      }),
  );
  return { head, body: found ? part.subarray(found.index + found[0].length) : NOTHING };
}
