/** Bytes of one part of a path: file systems take 255, and endings, numbers and `.part` are put behind it. */
export const MAX_NAME_BYTES = 180;

/**
 * Separators, wildcards, quotes and other characters that are special to shells or Windows; controls, line and
 * paragraph separators, halves of surrogate pairs; invisible marks and those that turn the direction of a text. The
 * joiners U+200C and U+200D stay: names of many scripts and emoji need them.
 */
const UNSAFE = /[<>:"/\\|?*$`'!&;\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;
/** Names that Windows reserves for devices, with or without an ending. */
const DEVICE_NAME = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) {0,8}(\.|$)/i;
/** Characters that a name may not begin with: the file would be hidden, an option, or a home folder. */
const LEADING = /[.\-~\s]/;
/** Characters that a name may not end with: Windows drops them. */
const TRAILING = /[.\s]/;

/**
 * Turns any text into one part of a path: a plain file name of 1 to `maxBytes` bytes in UTF-8, in Unicode form NFC.
 * Each unsafe character becomes `_`; a name that is too long is cut off. A safe name comes out unchanged. Takes time
 * in proportion to `maxBytes`, however long the text is.
 */
export function safeName(text: string, maxBytes: number = MAX_NAME_BYTES): string {
  const begun = withoutLeading(withoutUnsafe(text, maxBytes));
  const named = DEVICE_NAME.test(begun) ? `_${begun}` : begun;
  return withoutTrailing(cutToBytes(named, maxBytes)) || '_';
}

/** Replaces the unsafe characters of a text, for use inside a {@link safeName}. Reads about `maxBytes` of it. */
export function withoutUnsafe(text: string, maxBytes: number = MAX_NAME_BYTES): string {
  // NFC composes a character from at most four units, so eight units for each byte are enough.
  return text
    .slice(0, maxBytes * 8)
    .normalize('NFC')
    .replaceAll(UNSAFE, '_');
}

/**
 * A key that is equal for names which some file system takes for the same: it ignores case and Unicode form. Names with
 * different keys are different files everywhere.
 */
export function nameKey(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}

/** The longest beginning of a text that takes at most `maxBytes` in UTF-8, in whole characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) return text.slice(0, length);
    length += character.length;
  }
  return text;
}

function withoutLeading(text: string): string {
  let from = 0;
  while (from < text.length && LEADING.test(text.charAt(from))) from++;
  return from === 0 ? text : `_${text.slice(from)}`;
}

/** Removes them from the end, and puts one `_` in their place. */
function withoutTrailing(text: string): string {
  let to = text.length;
  while (to > 0 && TRAILING.test(text.charAt(to - 1))) to--;
  return to === text.length ? text : `${text.slice(0, to)}_`;
}
