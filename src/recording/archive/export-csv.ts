import { type CsvCell, csvLine } from '../../base/csv.js';

/** The columns of a table, in order: what each is called, and what a row has in it. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => CsvCell>>;

/** A line of names, then one for each row, as {@link csvLine} writes them. */
export async function* csvOf<Row>(
  columns: CsvColumns<Row>,
  rows: Iterable<Row> | AsyncIterable<Row>,
): AsyncGenerator<string, void, undefined> {
  yield csvLine(Object.keys(columns));
  const cells = Object.values(columns);
  for await (const row of rows) yield csvLine(cells.map((cell) => cell(row)));
}
