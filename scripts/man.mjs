// Finishes the build: has the modules bundled, and writes the manual pages of the commands into dist/man.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import './bundle.mjs';
import { commandFacts } from '../build/cli/completion/command-tree.js';
import { manualPage } from '../build/cli/completion/manual-page.js';
import { jackfieldProgram } from '../build/cli/program.js';

const folder = new URL('../dist/man/', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const program = await jackfieldProgram();
const facts = commandFacts(program);
for (const command of [facts, ...facts.commands]) {
  const name = ['jackfield', ...command.path].join('-');
  writeFileSync(join(folder, `${name}.1`), manualPage(command, program.version()));
}
