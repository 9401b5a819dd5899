/** The columns of a table, in order: what each is called, and what a row has in it. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => string | number | boolean | undefined>>;

/** A line of names, then one for each row (RFC 4180). A text that a spreadsheet would run is made harmless. */
export async function* csvOf<Row>(
  columns: CsvColumns<Row>,
  rows: Iterable<Row> | AsyncIterable<Row>,
): AsyncGenerator<string, void, undefined> {
  yield lineOf(Object.keys(columns));
  const cells = Object.values(columns);
  for await (const row of rows) yield lineOf(cells.map((cell) => harmless(String(cell(row) ?? ''))));
}

function lineOf(fields: readonly string[]): string {
  const quoted = fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(',')}\r\n`;
}

/** A spreadsheet would run a name such as `=HYPERLINK(...)`; with an apostrophe before it, it is text. */
function harmless(text: string): string {
  return /^(?:[=@\t\r]|[+-](?!\d))/.test(text) ? `'${text}` : text;
}
