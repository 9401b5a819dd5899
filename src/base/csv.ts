/** A cell of a table; undefined is an empty one. */
export type CsvCell = string | number | boolean | undefined;

/** A line of CSV with its end (RFC 4180). A text that a spreadsheet would run as a formula is made harmless. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map((cell) => quoted(harmless(String(cell ?? '')))).join(',')}\r\n`;
}

/** The columns of a table, in order: the name and the cell function of each. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => CsvCell>>;

/** Yields a header line, then one line per row, as {@link csvLine} writes them. */
export async function* csvOf<Row>(
  columns: CsvColumns<Row>,
  rows: Iterable<Row> | AsyncIterable<Row>,
): AsyncGenerator<string, void, undefined> {
  yield csvLine(Object.keys(columns));
  const cells = Object.values(columns);
  for await (const row of rows) yield csvLine(cells.map((cell) => cell(row)));
}

/**
 * Makes a text that no spreadsheet takes for a formula. A text that begins like a formula gets an apostrophe in front,
 * also after leading characters that a program would cut off. A plain number stays as it is, so that a spreadsheet can
 * compute with it, or a phone number can be called.
 */
function harmless(text: string): string {
  const isFormula = /^[\s\0]*[=+\-@＝＋－＠|%]/.test(text) || /^[\t\r\n\0]/.test(text);
  return isFormula && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",;\r\n\t]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
