import { JackfieldError } from '../base/errors.js';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes the content of a text file that a person wrote: UTF-8, with or without a byte order mark. Another encoding is
 * refused, because its words and numbers would be read as others without a notice.
 *
 * @throws ERR_SYNTAX with the reason, to be put behind the name of the file.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw wrong('is in UTF-16');
  let text: string;
  try {
    text = UTF_8.decode(bytes);
  } catch {
    throw wrong('is not text in UTF-8');
  }
  // Text in UTF-16 without a byte order mark is UTF-8 with a NUL in each Latin letter.
  if (text.includes('\0')) throw wrong('has NUL characters: it is in UTF-16, or is not text');
  return text;
}

function wrong(what: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `it ${what}. Save it as UTF-8.`);
}
