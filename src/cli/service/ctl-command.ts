import { Command } from 'commander';
import { askService, type ControlRequest, defaultSocket, eventLine, tailService } from '../../service.js';
import { between } from '../options.js';
import { printLine } from '../terminal-text.js';

interface Options {
  readonly socket?: string;
  readonly account?: string;
  readonly json: boolean;
}

/** `jackfield ctl`: tells a running service what to do. */
export function ctlCommand(): Command {
  const ctl = new Command('ctl');
  const on = (name: string, description: string) =>
    ctl
      .command(name)
      .description(description)
      .option('-s, --socket <file>', 'control socket of the service (default: that of this user)')
      .option('--json', 'print JSON', false);
  const onCall = (name: string, description: string, act: (call: number) => ControlRequest) =>
    on(name, description)
      .argument('<call>', 'id of the call', between(0, Number.MAX_SAFE_INTEGER))
      .option('--account <handle>', 'account of the call, where several have calls')
      .action((call: number, options: Options) => ask(act(call), options));
  on('status', 'Show the service: its endpoints, its recordings, its readers.').action((options: Options) =>
    ask({ do: 'status' }, options),
  );
  on('calls', 'List the calls that go on.').action((options: Options) => ask({ do: 'calls' }, options));
  onCall('hangup', 'Hang up a call.', (call) => ({ do: 'hangup', call }));
  onCall('hold', 'Put a call on hold.', (call) => ({ do: 'hold', call }));
  onCall('resume', 'Take a call off hold.', (call) => ({ do: 'resume', call }));
  onCall('record-pause', 'Mask what is recorded of a call from now on.', (call) => ({
    do: 'record-pause',
    call,
  }));
  onCall('record-resume', 'Record again what is said.', (call) => ({ do: 'record-resume', call }));
  on('say', 'Have the bot on a call say something.')
    .argument('<call>', 'id of the call', between(0, Number.MAX_SAFE_INTEGER))
    .argument('<text>', 'name of a prompt, or words for its speech engine')
    .option('--account <handle>', 'account of the call, where several have calls')
    .action((call: number, text: string, options: Options) => ask({ do: 'say', call, text }, options));
  on('drain', 'Answer no more calls; the service ends with the last one.').action((options: Options) =>
    ask({ do: 'drain' }, options),
  );
  on('reload', 'Read the configuration again; shows what could not change.').action((options: Options) =>
    ask({ do: 'reload' }, options),
  );
  on('tail', 'Follow what happens, until the service ends.').action(tail);
  return ctl;
}

async function ask(
  request: ControlRequest,
  { socket = defaultSocket(), account, json }: Options,
): Promise<void> {
  const result = await askService(
    socket,
    account === undefined ? request : ({ ...request, account } as ControlRequest),
  );
  if (json) return printLine(JSON.stringify(result));
  const rows = Array.isArray(result) ? (result as object[]) : [result as object];
  for (const row of rows) {
    const words = Object.entries(row).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    printLine(words.join(' ') || 'done');
  }
}

async function tail({ socket = defaultSocket(), json }: Options): Promise<void> {
  for await (const event of tailService(socket)) printLine(json ? JSON.stringify(event) : eventLine(event));
}
