import { Command } from 'commander';
import { entryOf } from '../../base/entry-of.js';
import {
  askService,
  type ControlRequest,
  controlCommands,
  defaultSocket,
  eventLine,
  tailService,
} from '../../service.js';
import { EXIT_CODES } from '../exit-codes.js';
import { between } from '../options.js';
import { printLine } from '../terminal-text.js';
import { controlText } from './control-text.js';

interface Options {
  readonly socket?: string;
  readonly json: boolean;
}

/** `jackfield ctl`: controls a running service. Its commands come from the service's table. */
export function ctlCommand(): Command {
  const ctl = new Command('ctl');
  for (const { name, does, takes } of controlCommands()) {
    const [first = '', second] = name.split('-');
    const command = second === undefined ? ctl.command(first) : groupOf(ctl, first).command(second);
    command
      .description(does)
      .option('-s, --socket <file>', 'control socket of the service (default: the socket of this user)')
      .option('--json', 'print JSON', false);
    const positional: string[] = [];
    for (const [field, schema] of Object.entries(takes.shape)) {
      const description = schema.description ?? '';
      if (schema.isOptional()) command.option(`--${field} <${field}>`, description);
      else {
        positional.push(field);
        if (field === 'call') command.argument('<call>', description, between(0, Number.MAX_SAFE_INTEGER));
        else command.argument(`<${field}>`, description);
      }
    }
    command.action(async (...given: unknown[]) => {
      const { socket = defaultSocket(), json, ...rest } = given[positional.length] as Options;
      if (name === 'tail') return await tail(socket, json);
      const args = Object.fromEntries(positional.map((field, index) => [field, given[index]]));
      const result = await askService(socket, { do: name, ...args, ...rest } as ControlRequest);
      print(result, json);
      if (Array.isArray(result) && result.length === 0) process.exitCode ||= EXIT_CODES.nothing;
    });
  }
  return ctl;
}

/** Descriptions of the groups of commands. */
const GROUPS: Readonly<Record<string, string>> = {
  record: 'Start or stop the recording of a call.',
  campaign: 'Start or stop a campaign.',
};

/** Finds or creates a group, such as `record` of `record pause` and `record resume`. */
function groupOf(ctl: Command, name: string): Command {
  return (
    ctl.commands.find((each) => each.name() === name) ??
    ctl.command(name).description(entryOf(GROUPS, name) ?? '')
  );
}

function print(result: unknown, json: boolean): void {
  if (!json) for (const line of controlText(result)) printLine(line);
  else for (const row of Array.isArray(result) ? result : [result]) printLine(JSON.stringify(row));
}

async function tail(socket: string, json: boolean): Promise<void> {
  for await (const event of tailService(socket)) printLine(json ? JSON.stringify(event) : eventLine(event));
}
