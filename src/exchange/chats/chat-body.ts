import { JackfieldError } from '../../base/errors.js';

/** Longest text of a message, in bytes of UTF-8. */
const MAX_BODY_BYTES = 1_048_576;

/** Checks the text of a message. @throws ERR_LINE_BREAK for a NUL; ERR_INVALID_ARG for more than 1 MiB. */
export function checkBody(body: string): void {
  if (body.includes('\0')) {
    throw new JackfieldError(
      'ERR_LINE_BREAK',
      'BODY must be free of NUL, which would end the message; remove it.',
    );
  }
  const bytes = Buffer.byteLength(body);
  if (bytes <= MAX_BODY_BYTES) return;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `BODY must have at most ${MAX_BODY_BYTES} bytes; got ${bytes}. Shorten it.`,
  );
}
