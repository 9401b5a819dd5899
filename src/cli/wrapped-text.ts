/** Gives the columns of a terminal that a text takes. */
export type TextWidth = (text: string) => number;

/** Made when it is first needed: that takes 40 ms. */
let segmenter: Intl.Segmenter | undefined;
const ASCII = /^[\n\x20-\x7e]*$/;

/** Columns of the terminal; those that COLUMNS says where there is none, or no limit. */
export function terminalWidth(): number {
  const told = Number(process.env['COLUMNS']);
  return process.stdout.columns || (told > 0 ? told : Number.POSITIVE_INFINITY);
}

/** Measures texts, all of whose characters are in `all`. What all characters take is loaded where they are not ASCII. */
export async function textWidthFor(all: string): Promise<TextWidth> {
  return ASCII.test(all) ? (text) => text.length : (await import('string-width')).default;
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
    for (const segment of charactersOf(word)) {
      if (widthOf(line + segment) > limit) {
        lines.push(line);
        line = '';
      }
      line += segment;
    }
  }
  return [...lines, line];
}

/** Yields the characters of a text, as a reader sees them. */
export function* charactersOf(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text)) yield segment;
}
