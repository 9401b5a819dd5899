import { createRequire } from 'node:module';
import { Command } from 'commander';

/** Every command, loaded when it is asked for; all of them for the help that lists them. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['demo', async () => (await import('./demo/demo-command.js')).demoCommand()],
  ['exchange', async () => (await import('./exchange/exchange-command.js')).exchangeCommand()],
  ['record', async () => (await import('./record/record-command.js')).recordCommand()],
  ['recordings', async () => (await import('./record/recordings-command.js')).recordingsCommand()],
  ['verify', async () => (await import('./record/verify-command.js')).verifyCommand()],
  ['voicemail', async () => (await import('./voicemails/voicemail-command.js')).voicemailCommand()],
  ['ivr', async () => (await import('./bots/ivr-command.js')).ivrCommand()],
  ['campaign', async () => (await import('./bots/campaign-command.js')).campaignCommand()],
  ['wav', async () => (await import('./wav/wav.js')).wavCommand()],
  ['trace', async () => (await import('./trace/trace-command.js')).traceCommand()],
  ['explain', async () => (await import('./trace/explain-command.js')).explainCommand()],
  ['doctor', async () => (await import('./doctor/doctor-command.js')).doctorCommand()],
]);

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/**
 * The command line.
 *
 * @param first The first word, where only what it needs is to be loaded. Default: every command.
 */
export async function jackfieldProgram(first = ''): Promise<Command> {
  const program = new Command('jackfield')
    .description('Voice-stream media toolkit: record, play, archive and analyse calls.')
    .version(version);
  const asked = COMMANDS.get(first);
  const onlyVersion = first === '-V' || first === '--version';
  const loaders = asked ? [asked] : onlyVersion ? [] : [...COMMANDS.values()];
  for (const load of loaders) program.addCommand(await load());
  tellErrors(program);
  return program;
}

/** What is wrong with a command line is told as every error is, and where to look. */
function tellErrors(command: Command, path = command.name()): void {
  command.showHelpAfterError(`(run "${path} --help" for what there is)`).configureOutput({
    outputError: (text, write) => write(text.replace(/^error: (.*)/, 'jackfield: $1 [ERR_INVALID_ARG]')),
  });
  for (const each of command.commands) tellErrors(each, `${path} ${each.name()}`);
}
