import { createRequire } from 'node:module';
import { Command } from 'commander';
import { printable, printableLines } from './terminal-text.js';

interface CommandEntry {
  /** Summary for the help. */
  readonly summary: string;
  /** Loads and defines the command. */
  readonly load: () => Promise<Command>;
}

/** All commands, by name, in the order of the help. The help uses this table without loading a command. */
const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary:
      'Call the test service echo123 on an embedded exchange, speak, and record both legs of the call.',
    load: async () => (await import('./demo/demo-command.js')).demoCommand(),
  },
  exchange: {
    summary: 'Run an exchange: users, the call testing service echo123, and an endpoint to attach to.',
    load: async () => (await import('./exchange/exchange-command.js')).exchangeCommand(),
  },
  record: {
    summary: 'Record the calls of an endpoint into a folder, until stopped.',
    load: async () => (await import('./record/record-command.js')).recordCommand(),
  },
  serve: {
    summary:
      'Run recorder, bots and answering machine as one service with a configuration file, until stopped.',
    load: async () => (await import('./service/serve-command.js')).serveCommand(),
  },
  ctl: {
    summary:
      'Control a running service: status, calls, hang up, say, pause, drain, reload; follow its events.',
    load: async () => (await import('./service/ctl-command.js')).ctlCommand(),
  },
  config: {
    summary: 'Check the configuration file of a service: report every error with line and column.',
    load: async () => (await import('./service/config-command.js')).configCommand(),
  },
  recordings: {
    summary: 'Find, check, export and purge recordings.',
    load: async () => (await import('./record/recordings-command.js')).recordingsCommand(),
  },
  analyse: {
    summary:
      'Measure conversations: who speaks when, interruptions, silence, levels, noise and tones in files or an archive.',
    load: async () => (await import('./analysis/analyse-command.js')).analyseCommand(),
  },
  verify: {
    summary: 'Check recordings against their manifests: each block of audio, the ledger, the signature.',
    load: async () => (await import('./record/verify-command.js')).verifyCommand(),
  },
  voicemail: {
    summary: 'Leave, play, answer, archive and search voicemails.',
    load: async () => (await import('./voicemails/voicemail-command.js')).voicemailCommand(),
  },
  account: {
    summary:
      'Show and change an account by its HTTP services: status, settings, profile, services, conversations.',
    load: async () => (await import('./account/account-command.js')).accountCommand(),
  },
  chat: {
    summary: 'Read, write, follow and export chats.',
    load: async () => (await import('./people/chat-command.js')).chatCommand(),
  },
  contacts: {
    summary: 'List, add, authorise, block and remove contacts.',
    load: async () => (await import('./people/contacts-command.js')).contactsCommand(),
  },
  open: {
    summary: 'Open a skype: link as Windows did: call, chat, leave a voicemail, show a profile.',
    load: async () => (await import('./desk/open-command.js')).openCommand(),
  },
  desk: {
    summary: 'Use the desk of a user of an exchange: calls, keys, menus and alerts of programs.',
    load: async () => (await import('./desk/desk-command.js')).deskCommand(),
  },
  sms: {
    summary: 'Send, list and follow short messages to phones.',
    load: async () => (await import('./people/sms-command.js')).smsCommand(),
  },
  files: {
    summary: 'List and watch file transfers.',
    load: async () => (await import('./people/files-command.js')).filesCommand(),
  },
  sip: {
    summary: 'Test a SIP line: call, register, query the trunk; print the messages as a ladder diagram.',
    load: async () => (await import('./sip/sip-command.js')).sipCommand(),
  },
  siprec: {
    summary: 'Record the calls that a session border controller sends (SIPREC), until stopped.',
    load: async () => (await import('./siprec/siprec-command.js')).siprecCommand(),
  },
  ivr: {
    summary: 'Check, draw, try and run phone bots from flow files.',
    load: async () => (await import('./bots/ivr-command.js')).ivrCommand(),
  },
  campaign: {
    summary: 'Call everybody on a list with a flow, and report the outcomes.',
    load: async () => (await import('./bots/campaign-command.js')).campaignCommand(),
  },
  wav: {
    summary: 'Inspect, repair, cut, mix, convert and draw audio files.',
    load: async () => (await import('./wav/wav.js')).wavCommand(),
  },
  trace: {
    summary: 'Talk to an endpoint by hand: send commands, see every reply and notification, record, replay.',
    load: async () => (await import('./trace/trace-command.js')).traceCommand(),
  },
  explain: {
    summary: 'Explain each part of a protocol line, the reply, and the possible errors.',
    load: async () => (await import('./trace/explain-command.js')).explainCommand(),
  },
  doctor: {
    summary:
      'Check this machine: endpoints, voice ports, sound, encoders, limits; with a remedy for each missing part.',
    load: async () => (await import('./doctor/doctor-command.js')).doctorCommand(),
  },
  completion: {
    summary: 'Print the shell completion script for bash, zsh or fish.',
    load: async () =>
      (await import('./completion/completion-command.js')).completionCommand(() => jackfieldProgram()),
  },
};

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/**
 * Builds the command line.
 *
 * @param isAsked Returns true for commands to load. Of the others the program has only name and summary. Default: all.
 */
export async function jackfieldProgram(isAsked: (name: string) => boolean = () => true): Promise<Command> {
  const program = new Command('jackfield')
    .description('Voice-stream media toolkit: record, play, archive and analyse calls.')
    .version(version);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = isAsked(name) ? await load() : new Command(name);
    program.addCommand(command.description(summary));
  }
  tellErrors(program);
  return program;
}

/** Puts the code behind an error of commander, in one line whatever was typed. A hint may follow it. */
function withCode(text: string): string {
  const [, what, hint = ''] = /^error: (.*?)(\n\(Did you mean [^\n]*)?\n$/s.exec(text) ?? [];
  return what === undefined ? text : `jackfield: ${printable(what)} [ERR_INVALID_ARG]${hint}\n`;
}

/** Formats errors of the command line like all other errors, with a hint to the help. */
function tellErrors(command: Command, path = command.name()): void {
  command.showHelpAfterError(`(run "${path} --help" for help)`).configureOutput({
    outputError: (text, write) => write(printableLines(withCode(text))),
  });
  for (const each of command.commands) tellErrors(each, `${path} ${each.name()}`);
}
