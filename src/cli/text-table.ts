import stringWidth from 'string-width';
import { printable } from './terminal-text.js';
import { charactersOf, terminalWidth, widthInPieces, wrapped } from './wrapped-text.js';

/** A column of a {@link textTable}. */
export interface TableColumn {
  /** Alignment. Default `'left'`. */
  readonly align?: 'left' | 'right';
  /** Fixed width on the terminal. A longer cell is cut and ends with an ellipsis. Default: the widest cell. */
  readonly width?: number;
  /** Smallest width, for rows that are printed one by one. Default 0. */
  readonly minWidth?: number;
}

const GAP = '  ';
const widthOf = widthInPieces(stringWidth);

/**
 * Formats a table without a frame: two spaces between columns, no trailing spaces. Widths are terminal columns, so that
 * Chinese, Japanese and emoji are aligned. Each cell is made {@link printable}. When the table is too wide, each row is
 * folded into several lines, indented after the first. Nothing is cut off.
 *
 * @param limit Widest line. Default: {@link terminalWidth}.
 */
export function textTable(
  rows: readonly (readonly string[])[],
  columns: readonly TableColumn[] = [],
  limit: number = terminalWidth(),
): string[] {
  const cells = rows.map((row) => row.map((cell, index) => cut(printable(cell), columns[index]?.width)));
  const widths: number[] = columns.map(({ width, minWidth = 0 }) => width ?? minWidth);
  for (const row of cells) {
    for (const [index, { width }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width);
  }
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  if (total > limit) return cells.flatMap((row) => folded(row, limit));
  return cells.map((row) => {
    const padded = row.map(({ text, width }, index) => {
      const blanks = ' '.repeat((widths[index] ?? 0) - width);
      return columns[index]?.align === 'right' ? blanks + text : text + blanks;
    });
    return padded.join(GAP).trimEnd();
  });
}

/** Smallest width of a fitted column, including its gap. */
const NARROW = 8;

/** Fits the columns of a live table to the terminal: drops columns on the right, then narrows the widest ones. */
export function fittedColumns(columns: readonly TableColumn[], limit: number): readonly TableColumn[] {
  const kept = columns.slice(0, Math.max(1, Math.floor(limit / NARROW)));
  const widths = kept.map(({ width = 0 }) => width);
  const room = limit - GAP.length * (kept.length - 1);
  while (widths.reduce((sum, width) => sum + width, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return kept.map((column, index) => ({ ...column, width: widths[index] ?? 0 }));
}

const INDENT = '  ';

/** Folds the cells of a row into lines. */
function folded(row: readonly Cell[], limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const { text } of row.filter((cell) => cell.width > 0)) {
    const joined = line === '' ? `${lines.length > 0 ? INDENT : ''}${text}` : `${line}${GAP}${text}`;
    if (widthOf(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = wrapped(text, Math.max(1, limit - INDENT.length), widthOf).map((piece, index) =>
      lines.length + index > 0 ? INDENT + piece : piece,
    );
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return [...lines, line];
}

interface Cell {
  readonly text: string;
  /** Width of the text in terminal columns. */
  readonly width: number;
}

/** Cuts a text to a width, between graphemes. */
function cut(text: string, limit = Number.POSITIVE_INFINITY): Cell {
  const width = widthOf(text);
  if (width <= limit) return { text, width };
  let kept = '';
  let keptWidth = 0;
  for (const segment of charactersOf(text)) {
    const next = keptWidth + widthOf(segment);
    if (next > limit - 1) break;
    kept += segment;
    keptWidth = next;
  }
  return { text: `${kept}…`, width: keptWidth + 1 };
}
