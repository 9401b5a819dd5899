import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import { linesOf } from '../../base/line-reader.js';
import { Exchange, Scenario, systemClock } from '../../exchange.js';
import { withSound } from '../exchange/with-sound.js';
import { faultText } from '../failure.js';
import { portOption } from '../options.js';
import { stopSignal } from '../shutdown.js';
import { drawText, printable, printLine, warnLine } from '../terminal-text.js';
import { changeLines, stateLines } from './desk-view.js';
import { DESK_WORDS } from './desk-words.js';
import { openRemoteSeat } from './remote-seat.js';
import { type Seat, seatAt } from './seat.js';

interface Options {
  readonly scenario?: string;
  readonly user?: string[];
  readonly as?: string;
  readonly at?: string;
  readonly sound: boolean;
  readonly tcp: number;
  readonly files: string[];
  readonly json: boolean;
}

const DEFAULT_PORT = 4100;

/** `jackfield desk`: operates a user of an exchange from this terminal. */
export function deskCommand(): Command {
  const width = Math.max(...Object.values(DESK_WORDS).map(({ usage }) => Math.min(usage.length, 40)));
  const words = Object.values(DESK_WORDS).map(({ usage, help }) => `  ${usage.padEnd(width)}  ${help}`);
  return new Command('desk')
    .option('--scenario <file>', 'JSON file with users, robots and numbers, and what they do')
    .option('--user <handle...>', 'users of the exchange, without a scenario (default: jack)')
    .option('--as <handle>', 'user of this desk (default: the first)')
    .option('--at <socket>', 'sit at a desk of a running exchange that was started with --desk <socket>')
    .option('--sound', "talk through this machine's microphone and loudspeaker", false)
    .option(
      '--tcp <port>',
      'loopback port for the first user, with the next ports for the other users; 0 lets the system choose',
      portOption,
      DEFAULT_PORT,
    )
    .option('--files <folder...>', 'folders whose files programs may name', [])
    .option('--json', 'print each change, and the state on request, as a line of JSON', false)
    .addHelpText('after', `\nCommands, besides state, help and quit:\n${words.join('\n')}`)
    .action(desk);
}

async function desk(options: Options): Promise<void> {
  const stop = stopSignal();
  if (options.at === undefined) return await ownDesk(options, stop);
  const seat = await openRemoteSeat(options.at, options.as);
  try {
    await sitAt(seat, options, AbortSignal.any([stop, seat.gone]));
    if (seat.gone.aborted) throw new JackfieldError('ERR_CLOSED', 'The exchange has ended.');
  } finally {
    seat.leave();
  }
}

/** Starts an exchange, and opens one of its desks. */
async function ownDesk(options: Options, stop: AbortSignal): Promise<void> {
  const scenario =
    options.scenario === undefined ? undefined : await Scenario.load(options.scenario, systemClock);
  const users = (options.user ?? ['jack']).map((handle) => ({ handle }));
  await using exchange = await Exchange.start({
    ...withSound(scenario?.options ?? { users }, options.sound, options.as),
    fileRoots: options.files,
  });
  exchange.on('failure', (error) => warnLine(`Failure: ${faultText(error)}`));
  const seat = seatAt(exchange.desk(options.as));
  for (const [index, handle] of exchange.handles.entries()) {
    const port = await exchange.listen({ handle, port: options.tcp === 0 ? 0 : options.tcp + index });
    tell(options, { event: 'listening', handle, port }, [`Programs of ${handle} attach to tcp:${port}.`]);
  }
  const endScenario = await scenario?.run(exchange);
  try {
    await sitAt(seat, options, stop);
  } finally {
    endScenario?.();
    seat.leave();
  }
}

/** Shows changes and carries out the typed commands, until the end of input. */
async function sitAt(seat: Seat, options: Options, signal: AbortSignal): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { stdin: input, stdout: output } = process;
  const prompt = terminal
    ? createInterface({ input, output, prompt: `${seat.handle}> `, signal })
    : undefined;
  /** Writes above the prompt, and restores the typed text. */
  const show = (fields: Readonly<Record<string, unknown>>, lines: readonly string[]) => {
    if (!terminal) return tell(options, fields, lines);
    if (lines.length === 0) return;
    drawText(`\r\x1b[K${lines.map(printable).join('\n')}\n`);
    prompt?.prompt(true);
  };
  const whole = () => show({ event: 'state', ...seat.state }, stateLines(seat.state));
  whole();
  seat.watch((changes, before) => show({ event: 'change', ...changes }, changeLines(changes, before)));
  prompt?.on('SIGINT', () => prompt.close());
  prompt?.prompt();
  // A line of a program may contain line separators of Unicode, at which readline would split it.
  for await (const line of prompt ?? linesOf(input, signal)) {
    const word = line.trim();
    if (word === 'quit') break;
    if (word === 'help') show({}, Object.values(DESK_WORDS).map(helpLine));
    else if (word === 'state') whole();
    else if (word !== '') {
      await seat.type(line).catch((error: unknown) => warnLine(`jackfield: ${faultText(error)}`));
    }
    prompt?.prompt();
  }
  prompt?.close();
}

function helpLine({ usage, help }: { readonly usage: string; readonly help: string }): string {
  return `${usage}: ${help}`;
}

function tell({ json }: Options, fields: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
  if (json) printLine(JSON.stringify(fields));
  else for (const line of lines) printLine(line);
}
