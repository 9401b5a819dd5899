import { once } from 'node:events';
import { Command } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import { attach, MemoryTransport } from '../../control.js';
import { Exchange } from '../../exchange.js';
import { readSipLine, type SipLine, sipLine } from '../../line.js';
import { EXIT_CODES } from '../exit-codes.js';
import { faultText } from '../failure.js';
import { numberFrom } from '../options.js';
import { stopSignal } from '../shutdown.js';
import { printLine, warnLine } from '../terminal-text.js';
import { SipLadder } from './sip-ladder.js';

interface Options {
  readonly line: string;
  readonly messages: boolean;
  readonly json: boolean;
}

/** `jackfield sip`: tries a line, and shows its SIP messages. */
export function sipCommand(): Command {
  const command = new Command('sip');
  withLine(command.command('call <number>'))
    .description('Call a number, and hang up after some seconds.')
    .option('--seconds <n>', 'time to talk before hanging up', numberFrom(0, 86_400), 5)
    .action(async (number: string, options: Options & { readonly seconds: number }) =>
      tried(options, (line, exchange) => call(line, exchange, number, options.seconds)),
    );
  withLine(command.command('register'))
    .description('Register the account, then unregister it.')
    .action(async (options: Options) => tried(options, register));
  withLine(command.command('options'))
    .description('Ask the trunk or provider for its availability (OPTIONS).')
    .action(async (options: Options) => tried(options, ask));
  return command;
}

function withLine(command: Command): Command {
  return command
    .requiredOption('--line <file>', 'YAML file of the line, as for jackfield exchange --sip')
    .option('--messages', 'print whole messages', false)
    .option('--json', 'print each message as a line of JSON', false);
}

/** Runs an action on a line with its own exchange. */
async function tried(
  options: Options,
  act: (line: SipLine, exchange: Exchange) => Promise<boolean>,
): Promise<void> {
  const line = sipLine(await readSipLine(options.line));
  const ladder = new SipLadder(line, options, printLine);
  const exchange = await Exchange.start({ users: [{ handle: 'jackfield' }] });
  exchange.on('failure', (error) => warnLine(`Failure: ${faultText(error)}`));
  try {
    const isDone = act(line, exchange);
    process.exitCode = (await isDone) ? EXIT_CODES.done : EXIT_CODES.failed;
  } finally {
    await exchange.close();
    ladder.close();
  }
}

async function call(line: SipLine, exchange: Exchange, number: string, seconds: number): Promise<boolean> {
  await exchange.addLine(line);
  await using client = await attach(new MemoryTransport(exchange.endpoint()));
  const stop = stopSignal({ hasCalls: true });
  const placed = await client.call(number);
  const hangUp = () => void placed.hangUp().catch(() => undefined);
  stop.addEventListener('abort', hangUp);
  let isAnswered = false;
  let timer: NodeJS.Timeout | undefined;
  for await (const { status } of placed.states()) {
    printLine(`CALL ${number} ${status}`);
    if (status !== 'INPROGRESS' || isAnswered) continue;
    isAnswered = true;
    timer = setTimeout(hangUp, seconds * 1000);
  }
  clearTimeout(timer);
  stop.removeEventListener('abort', hangUp);
  return isAnswered;
}

async function register(line: SipLine, exchange: Exchange): Promise<boolean> {
  const told = once(line, 'registration');
  let outcome = 'none';
  line.on('registration', (state) => {
    outcome = state.kind;
    if (state.kind === 'registered') printLine(`registered for ${state.expiresSeconds} s`);
    if (state.kind === 'failed') printLine(`not registered: ${state.why}`);
  });
  await exchange.addLine(line);
  if (outcome === 'none') {
    throw new JackfieldError('ERR_INVALID_ARG', 'The line has no account, which registration needs.');
  }
  await told;
  return outcome === 'registered';
}

async function ask(line: SipLine, exchange: Exchange): Promise<boolean> {
  await exchange.addLine(line);
  const { status, text, ms } = await line.probe();
  printLine(`${text} after ${Math.round(ms)} ms`);
  return status !== undefined;
}
