/** Returns the width of a text in terminal columns. */
export type TextWidth = (text: string) => number;

/** Created on first use, because that takes 40 ms. */
let segmenter: Intl.Segmenter | undefined;
const ASCII = /^[\n\x20-\x7e]*$/;

/** Longest text that is segmented at once, in characters: the time grows with the square of the length. */
const MAX_PIECE = 1000;

/** Width of the terminal in columns. Without a terminal, the value of COLUMNS, or Infinity. */
export function terminalWidth(): number {
  const told = Number(process.env['COLUMNS']);
  return process.stdout.columns || (told > 0 ? told : Number.POSITIVE_INFINITY);
}

/**
 * Creates a function that measures texts whose characters are all in `all`. The width library is loaded only for
 * non-ASCII text.
 */
export async function textWidthFor(all: string): Promise<TextWidth> {
  return ASCII.test(all) ? (text) => text.length : widthInPieces((await import('string-width')).default);
}

/** Measures long texts in pieces, because the time of `widthOf` grows faster than the text. */
export function widthInPieces(widthOf: TextWidth): TextWidth {
  return (text) => piecesOf(text).reduce((sum, piece) => sum + widthOf(piece), 0);
}

function piecesOf(text: string): string[] {
  const count = Math.ceil(text.length / MAX_PIECE);
  return Array.from({ length: count }, (_, index) => text.slice(index * MAX_PIECE, (index + 1) * MAX_PIECE));
}

/** Wraps a text to a width, between words if possible, otherwise between graphemes. */
export function wrapped(text: string, limit: number, widthOf: TextWidth): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    let lineWidth = 0;
    for (const segment of charactersOf(word)) {
      const width = widthOf(segment);
      if (lineWidth + width > limit) {
        lines.push(line);
        [line, lineWidth] = ['', 0];
      }
      line += segment;
      lineWidth += width;
    }
  }
  return [...lines, line];
}

/** Yields the graphemes of a text. */
export function* charactersOf(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter();
  for (const piece of piecesOf(text)) {
    for (const { segment } of segmenter.segment(piece)) yield segment;
  }
}
