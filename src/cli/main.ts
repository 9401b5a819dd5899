#!/usr/bin/env node
import { tellFailure } from './failure.js';
import { jackfieldProgram } from './program.js';
import { signalExitCode, surviveLostOutput } from './shutdown.js';
import { endUnread } from './unread-output.js';

surviveLostOutput();
process.on('uncaughtException', (error) => process.exit(tellFailure(error)));

try {
  const [first, second] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  await (await jackfieldProgram((name) => name === asked)).parseAsync();
  process.exitCode = signalExitCode() ?? process.exitCode;
} catch (error) {
  process.exitCode = tellFailure(error);
}
await endUnread();
