/** Characters of a header that may stand in one line as they are, at most (RFC 5322, section 2.1.1). */
const MAX_PLAIN = 60;
/**
 * Bytes of one encoded word's text. With its frame it has 60 characters, so that its line stays within 76 with the name
 * of the header in front (RFC 2047, section 2).
 */
const WORD_BYTES = 36;
/** The longest local part of an address (RFC 5321, section 4.5.3.1.1). */
const MAX_LOCAL_PART = 64;

/**
 * A text in a header without structure, such as the subject (RFC 5322, section 3.6.5): as it is where it is plain, else
 * in encoded words.
 */
export function headerText(text: string): string {
  const line = oneLine(text);
  return isPlain(line) ? line : encodedWords(line);
}

/** A text as a phrase, such as a name or a keyword (RFC 5322, section 3.2.5): atoms, a quoted string or encoded words. */
export function headerPhrase(text: string): string {
  const line = oneLine(text);
  if (!isPlain(line)) return encodedWords(line);
  return /^[\w!#$%&'*+/=?^`{|}~-]+( [\w!#$%&'*+/=?^`{|}~-]+)*$/.test(line)
    ? line
    : `"${line.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Somebody with an address (RFC 5322, section 3.4); the name is left out where there is none. */
export function mailbox(name: string, address: string): string {
  if (oneLine(name) === '') return `<${address}>`;
  const phrase = headerPhrase(name);
  const fits = isPlain(`${phrase} <${address}>`);
  return `${phrase}${fits ? ' ' : '\n '}<${address}>`;
}

/** The part of an address in front of the `@`, made of any text: atoms with single dots between them. */
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

/** A file name as the parameter of a header (RFC 8187, section 3.2). */
export function extendedValue(text: string): string {
  const encoded = encodeURIComponent(oneLine(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `UTF-8''${encoded}`;
}

/** Without what breaks lines, or is half a character: a header that was decoded may be written by others again. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .trim();
}

/** True when it can stand in a header as it is: short, printable, and unlike an encoded word. */
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
