// Refuses docblocks of src that begin with a question word: a docblock begins with a verb ("Skips", "Resolves when") or
// a noun ("Milliseconds between"); that of a boolean with "True when". Names the file and line of each.
// Takes the folder as its argument; by default `src`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const QUESTION = /\/\*\*[\s*]*(?<word>What|How|Whether|Who|Whom|Whose|Where|When|Why|Which)\b/g;

const [folder = 'src'] = process.argv.slice(2);
let refused = 0;
for (const name of readdirSync(folder, { recursive: true }).sort()) {
  if (!name.endsWith('.ts')) continue;
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  for (const { index, 0: start, groups } of text.matchAll(QUESTION)) {
    refused++;
    const line = text.slice(0, index + start.length).split('\n').length;
    process.stderr.write(`${path}:${line} begins with "${groups.word}": begin with a verb or a noun.\n`);
  }
}
process.exitCode = refused > 0 ? 1 : 0;
