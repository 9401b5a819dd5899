import fc from 'fast-check';

const SURROGATES = { from: 0xd800, count: 0x800 };

/** Any character of Unicode; a half of a surrogate pair is none. ASCII and the first plane come as often as the rest. */
const codePoint = fc
  .oneof(fc.nat(0x7f), fc.nat(0xffff - SURROGATES.count), fc.nat(0x10_ffff - SURROGATES.count))
  .map((place) => (place < SURROGATES.from ? place : place + SURROGATES.count));

/** Names that every object has: a table that is searched by a text may find them. */
const OWN_NAMES = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];

/**
 * Any text, its length in characters. `fc.string({ unit: 'binary' })` gives the same, but looks at each character of
 * Unicode first, which takes seconds of processor time in every process.
 */
export function anyText(length: { readonly minLength?: number; readonly maxLength?: number } = {}) {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = length;
  const names = OWN_NAMES.filter((name) => name.length >= minLength && name.length <= maxLength);
  const text = fc.array(codePoint, length).map((points) => String.fromCodePoint(...points));
  if (names.length === 0) return text;
  return fc.oneof({ weight: 19, arbitrary: text }, { weight: 1, arbitrary: fc.constantFrom(...names) });
}
