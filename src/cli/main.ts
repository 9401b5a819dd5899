#!/usr/bin/env node
import { JackfieldError } from '../base/errors.js';
import { jackfieldProgram } from './program.js';
import { warnLine } from './terminal-text.js';

// Whoever reads the output may have had enough of it: `jackfield ... | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await (await jackfieldProgram(process.argv[2])).parseAsync();
} catch (error) {
  if (!(error instanceof JackfieldError)) throw error;
  for (const line of `jackfield: ${error.message} [${error.code}]`.split('\n')) warnLine(line);
  process.exitCode = 1;
}
