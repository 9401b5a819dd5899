#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { JackfieldError } from '../index.js';
import { demoCommand } from './demo-command.js';
import { doctorCommand } from './doctor-command.js';
import { exchangeCommand } from './exchange-command.js';
import { explainCommand } from './explain-command.js';
import { ivrCommand } from './ivr-command.js';
import { traceCommand } from './trace-command.js';
import { voicemailCommand } from './voicemail-command.js';
import { recordCommand } from './record-command.js';
import { recordingsCommand } from './recordings-command.js';
import { traceCommand } from './trace-command.js';
import { verifyCommand } from './verify-command.js';
import { wavCommand } from './wav.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command('jackfield')
  .description('Voice-stream media toolkit: record, play, archive and analyse calls.')
  .version(version)
  .showHelpAfterError('(run "jackfield --help" for what there is)')
  .showSuggestionAfterError();
program.addCommand(demoCommand());
program.addCommand(exchangeCommand());
program.addCommand(explainCommand());
program.addCommand(recordCommand());
program.addCommand(recordingsCommand());
program.addCommand(traceCommand());
program.addCommand(doctorCommand());
program.addCommand(ivrCommand());
program.addCommand(voicemailCommand());
program.addCommand(verifyCommand());
program.addCommand(wavCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof JackfieldError)) throw error;
  process.stderr.write(`jackfield: ${error.message} [${error.code}]\n`);
  process.exitCode = 1;
}
