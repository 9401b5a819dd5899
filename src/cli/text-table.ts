import stringWidth from 'string-width';
import { printable } from './terminal-text.js';

/** A column of a {@link textTable}. */
export interface TableColumn {
  /** Default `'left'`. */
  readonly align?: 'left' | 'right';
  /** Width on the terminal; a longer cell ends with an ellipsis. Default: that of the widest cell. */
  readonly width?: number;
  /** Least width, for rows that are printed one by one. Default 0. */
  readonly minWidth?: number;
}

const GAP = '  ';
const CHARACTERS = new Intl.Segmenter();

/**
 * Lines of a table without a frame: two blanks between columns, none at the end of a line. Columns are as wide as the
 * terminal shows them, so that Chinese, Japanese and emoji stay in line. Each cell is made {@link printable}.
 */
export function textTable(
  rows: readonly (readonly string[])[],
  columns: readonly TableColumn[] = [],
): string[] {
  const cells = rows.map((row) => row.map((cell, index) => cut(printable(cell), columns[index]?.width)));
  const widths: number[] = columns.map(({ width, minWidth = 0 }) => width ?? minWidth);
  for (const row of cells) {
    for (const [index, { width }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width);
  }
  return cells.map((row) => {
    const padded = row.map(({ text, width }, index) => {
      const blanks = ' '.repeat((widths[index] ?? 0) - width);
      return columns[index]?.align === 'right' ? blanks + text : text + blanks;
    });
    return padded.join(GAP).trimEnd();
  });
}

interface Cell {
  readonly text: string;
  /** Columns of the terminal that the text takes. */
  readonly width: number;
}

/** Cuts a text to a width, between characters as a reader sees them. */
function cut(text: string, limit = Number.POSITIVE_INFINITY): Cell {
  const width = stringWidth(text);
  if (width <= limit) return { text, width };
  let kept = '';
  let keptWidth = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    const next = keptWidth + stringWidth(segment);
    if (next > limit - 1) break;
    kept += segment;
    keptWidth = next;
  }
  return { text: `${kept}…`, width: keptWidth + 1 };
}
