import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.js';

/** Reads the body of a request. @param max longest allowed body, in bytes. @throws HttpRefusal 413 */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = Number(request.headers['content-length'] ?? 0);
  if (length <= max) {
    length = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > max) break;
      parts.push(part);
    }
  }
  if (length <= max) return Buffer.concat(parts);
  throw new HttpRefusal(413, 'ERR_LIMIT', 'The body is too long.', `a body of at most ${max} bytes`, {
    connection: 'close',
  });
}

/** Checks the media type of a body. @throws HttpRefusal 415 */
export function checkMediaType(request: IncomingMessage, type: string): void {
  const [given = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (given.trim().toLowerCase() === type) return;
  throw new HttpRefusal(
    415,
    'ERR_UNSUPPORTED',
    `The Content-Type of the body is not ${type}.`,
    `Content-Type: ${type}`,
  );
}

/**
 * Reads the JSON object of a body. Without a body it is empty.
 *
 * @param untyped true to accept a body without a media type. Default: the media type must be JSON.
 * @throws HttpRefusal 400, 413, 415
 */
export async function readJsonObject(
  request: IncomingMessage,
  max: number,
  untyped = false,
): Promise<object> {
  const body = await readBody(request, max);
  if (body.length === 0) return {};
  if (!untyped || request.headers['content-type'] !== undefined) checkMediaType(request, 'application/json');
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The error below reports it.
  }
  throw new HttpRefusal(400, 'ERR_SYNTAX', 'The body is not a JSON object.', 'a JSON object in UTF-8');
}
