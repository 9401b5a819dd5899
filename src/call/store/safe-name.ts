/** Characters of one part of a path; more are cut off. */
const MAX_PART = 120;
/** Names that Windows keeps for devices, with or without an ending. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A text as one part of a path. Whatever somebody calls himself, it stays one plain file name: separators, control
 * characters, and what file systems or shells take for something else become `_`.
 */
export function safeName(text: string): string {
  const plain = text
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"/\\|?*$`'!&;]/g, '_')
    .replaceAll(/^[.\-~\s]+|[.\s]+$/g, '_');
  const cut = [...plain].slice(0, MAX_PART).join('');
  return DEVICE_NAME.test(cut) ? `_${cut}` : cut || '_';
}
