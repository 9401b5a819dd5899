/** Gives the columns of a terminal that a text takes. */
export type TextWidth = (text: string) => number;

/** Made when it is first needed: that takes 40 ms. */
let segmenter: Intl.Segmenter | undefined;
const ASCII = /^[\n\x20-\x7e]*$/;

/** Longest text that is looked at for characters at once: the time of that grows with the square of the length. */
const MAX_PIECE = 1000;

/** Columns of the terminal; those that COLUMNS says where there is none, or no limit. */
export function terminalWidth(): number {
  const told = Number(process.env['COLUMNS']);
  return process.stdout.columns || (told > 0 ? told : Number.POSITIVE_INFINITY);
}

/** Measures texts, all of whose characters are in `all`. What all characters take is loaded where they are not ASCII. */
export async function textWidthFor(all: string): Promise<TextWidth> {
  return ASCII.test(all) ? (text) => text.length : widthInPieces((await import('string-width')).default);
}

/** Measures long texts piece by piece, for a width whose time grows faster than the text. */
export function widthInPieces(widthOf: TextWidth): TextWidth {
  return (text) => piecesOf(text).reduce((sum, piece) => sum + widthOf(piece), 0);
}

function piecesOf(text: string): string[] {
  const count = Math.ceil(text.length / MAX_PIECE);
  return Array.from({ length: count }, (_, index) => text.slice(index * MAX_PIECE, (index + 1) * MAX_PIECE));
}

/** A text in lines of a width: between words where there are any, else between characters. */
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

/** Yields the characters of a text, as a reader sees them. */
export function* charactersOf(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter();
  for (const piece of piecesOf(text)) {
    for (const { segment } of segmenter.segment(piece)) yield segment;
  }
}
