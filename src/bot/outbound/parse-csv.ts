/** A row of a table, and the line of the text where it begins. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  /** All rows except empty ones. */
  readonly rows: readonly CsvRow[];
  /** Line at which parsing stopped, and the reason. */
  readonly problem?: { readonly line: number; readonly message: string };
}

/** Patterns of one cell and its end, by separator. */
const CELLS = {
  ',': /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y,
  ';': /(?:"((?:[^"]|"")*)"|([^";\r\n]*))(;|\r\n|\n|\r|$)/y,
  '\t': /(?:"((?:[^"]|"")*)"|([^"\t\r\n]*))(\t|\r\n|\n|\r|$)/y,
} as const;

/**
 * Parses CSV (RFC 4180). The separator is the first comma, semicolon or tab in the text. Quotes surround cells that
 * contain separators, line breaks or (doubled) quotes. A byte order mark is skipped.
 */
export function parseCsv(text: string): CsvTable {
  const rows: CsvRow[] = [];
  const separator = /[,;\t]/.exec(text)?.[0] ?? ',';
  const cell = CELLS[separator as keyof typeof CELLS];
  let line = 1;
  let begin = 1;
  let cells: string[] = [];
  cell.lastIndex = text.startsWith('\ufeff') ? 1 : 0;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text);
    if (!match)
      return { rows, problem: { line, message: 'a quote is not closed, or is in the middle of a cell' } };
    const [, quoted, plain = '', end = ''] = match;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    line += quoted?.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === separator) continue;
    if (cells.some((each) => each !== '')) rows.push({ line: begin, cells });
    cells = [];
    if (end !== '') line++;
    begin = line;
  }
  return { rows };
}
