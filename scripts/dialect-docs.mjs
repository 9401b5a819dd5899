// Writes the tables of the dialects into docs/media-servers.md: `npm run docs:dialects`.
import { readFileSync, writeFileSync } from 'node:fs';
import { dialectTables } from '../build/line/dialect/dialect-table.js';

const file = new URL('../docs/media-servers.md', import.meta.url);
const text = readFileSync(file, 'utf8');
const [begin, end] = ['<!-- dialects: generated -->', '<!-- /dialects -->'];
const at = text.indexOf(begin) + begin.length;
writeFileSync(file, `${text.slice(0, at)}\n\n${dialectTables()}\n\n${text.slice(text.indexOf(end))}`);
