/** Longest unencoded text in one header line, in characters (RFC 5322, section 2.1.1). */
const MAX_PLAIN = 60;
/**
 * Bytes of text per encoded word. The encoded word has 60 characters, so that the line with the name of the header
 * stays within 76 (RFC 2047, section 2).
 */
const WORD_BYTES = 36;
/** The longest local part of an address (RFC 5321, section 4.5.3.1.1). */
const MAX_LOCAL_PART = 64;

/**
 * Encodes the text of an unstructured header, such as the subject (RFC 5322, section 3.6.5). Plain text stays as it is;
 * other text becomes encoded words.
 */
export function headerText(text: string): string {
  const line = oneLine(text);
  return isPlain(line) ? line : encodedWords(line);
}

/**
 * Encodes a phrase, such as a name or a keyword (RFC 5322, section 3.2.5), as atoms, a quoted string or encoded words.
 */
export function headerPhrase(text: string): string {
  const line = oneLine(text);
  if (!isPlain(line)) return encodedWords(line);
  return /^[\w!#$%&'*+/=?^`{|}~-]+( [\w!#$%&'*+/=?^`{|}~-]+)*$/.test(line)
    ? line
    : `"${line.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Formats a mailbox (RFC 5322, section 3.4). An empty name is left out. */
export function mailbox(name: string, address: string): string {
  if (oneLine(name) === '') return `<${address}>`;
  const phrase = headerPhrase(name);
  const fits = isPlain(`${phrase} <${address}>`);
  return `${phrase}${fits ? ' ' : '\n '}<${address}>`;
}

/** Converts any text to the local part of an address: atoms with single dots between them. */
export function localPart(text: string): string {
  const atoms = text
    .slice(0, MAX_LOCAL_PART)
    .replaceAll(/[^\w.+-]/g, '_')
    .split('.');
  return atoms
    .map((atom) => atom || '_')
    .join('.')
    .slice(0, MAX_LOCAL_PART)
    .replace(/\.$/, '_');
}

/** Encodes a file name as a header parameter (RFC 8187, section 3.2). */
export function extendedValue(text: string): string {
  const encoded = encodeURIComponent(oneLine(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `UTF-8''${encoded}`;
}

/**
 * Replaces line breaks, control characters and lone surrogates. Another program may decode the header and write it
 * again.
 */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .trim();
}

/** True when a header can have the text unencoded: short, printable ASCII, and no encoded word. */
function isPlain(line: string): boolean {
  return line.length > 0 && line.length <= MAX_PLAIN && /^[\x20-\x7e]*$/.test(line) && !line.includes('=?');
}

function encodedWords(line: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of line) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join('\n ');
}
