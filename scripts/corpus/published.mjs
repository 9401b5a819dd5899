// The figures of docs/analysis.md, and what of a corpus is worse than they say.
import { readFile } from 'node:fs/promises';

const DOCS = new URL('../../docs/analysis.md', import.meta.url);
/** How much worse a figure may be: parts of precision and recall, and ms or dB of an error. */
const PART = 0.006;
const ERROR = 1.5;

/**
 * Figures of a detector by the name of their row. A figure that a table leaves out is undefined.
 *
 * @param {'levels' | 'neural'} detector
 * @returns {Promise<Map<string, import("./published.mjs").Published>>}
 */
export async function published(detector) {
  const rows = tablesOf(await readFile(DOCS, 'utf8'));
  const of = (heads) => rows.filter((row) => heads.every((head) => head in row));
  const figures =
    detector === 'neural'
      ? of(['precision: levels']).map((row) => [
          row.measure,
          numbers(row['precision: levels +1'], row['recall: levels +1'], row['median error: levels +1']),
        ])
      : of(['there', 'error, median']).map((row) => [
          row.measure,
          numbers(row.precision, row.recall, row['error, median']),
        ]);
  return new Map(figures);
}

/**
 * Compares tallies with the published figures. Returns a line for each that is worse, or has no row.
 *
 * @param {Awaited<ReturnType<typeof published>>} figures
 * @param {ReadonlyMap<string, import('./score.mjs').Tally>} tallies
 */
export function worse(figures, tallies) {
  const lines = [];
  for (const [name, { precision, recall, error, found }] of figures) {
    const tally = tallies.get(name);
    if (!tally) {
      lines.push(`${name}: not measured`);
      continue;
    }
    const is = (what, value, limit, isWorse) => {
      if (limit !== undefined && isWorse)
        lines.push(`${name}: ${what} ${value.toFixed(3)}, docs/analysis.md has ${limit}`);
    };
    is('precision', tally.precision, precision, tally.precision < precision - PART);
    is('recall', tally.recall, recall, tally.recall < recall - PART);
    is('median error', tally.error(0.5), error, tally.error(0.5) > error + ERROR);
    is('found', tally.found, found, tally.found > found);
  }
  return lines;
}

function numbers(precision, recall, error) {
  const read = (text) => (/^[\d.]+/.test(text ?? '') ? Number.parseFloat(text) : undefined);
  const found = / found$/.test(precision ?? '') ? read(precision) : undefined;
  return {
    precision: found === undefined ? read(precision) : undefined,
    recall: read(recall),
    error: read(error),
    found,
  };
}

/** Rows of all tables, by their heads. A head without a name before it is that name and `+1`. */
function tablesOf(text) {
  const rows = [];
  let heads;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      heads = undefined;
      continue;
    }
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (!heads) heads = cells.map((cell, at) => (cell === 'neural' ? `${cells[at - 1]} +1` : cell));
    else if (!/^-/.test(cells[0])) rows.push(Object.fromEntries(cells.map((cell, at) => [heads[at], cell])));
  }
  return rows;
}
