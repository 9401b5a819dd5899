#!/usr/bin/env node
import { Command } from 'commander';

const program = new Command('jackfield')
  .description('Voice-stream media toolkit: record, play, archive and analyse calls.')
  .showSuggestionAfterError();

await program.parseAsync();
