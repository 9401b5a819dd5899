import { type CsvCell, csvLine } from '../../base/csv.js';

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
