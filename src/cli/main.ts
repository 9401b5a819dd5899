#!/usr/bin/env node
import { JackfieldError } from '../base/errors.js';
import { jackfieldProgram } from './program.js';
import { surviveLostOutput } from './shutdown.js';
import { warnLine } from './terminal-text.js';

surviveLostOutput();

try {
  const [first, second] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  await (await jackfieldProgram((name) => name === asked)).parseAsync();
} catch (error) {
  if (!(error instanceof JackfieldError)) throw error;
  for (const line of `jackfield: ${error.message} [${error.code}]`.split('\n')) warnLine(line);
  process.exitCode = 1;
}
