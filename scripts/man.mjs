// Writes the manual pages into dist/man, from the commands that were built: `npm run build` does so.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandFacts } from '../dist/cli/completion/command-tree.js';
import { manualPage } from '../dist/cli/completion/manual-page.js';
import { jackfieldProgram } from '../dist/cli/program.js';

const folder = new URL('../dist/man/', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const program = await jackfieldProgram();
const facts = commandFacts(program);
for (const command of [facts, ...facts.commands]) {
  const name = ['jackfield', ...command.path].join('-');
  writeFileSync(join(folder, `${name}.1`), manualPage(command, program.version()));
}
