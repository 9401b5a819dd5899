import { Command, InvalidArgumentError, Option } from 'commander';
import { entryOf } from '../../base/entry-of.js';
import { whenFired } from '../../base/wait.js';
import {
  Exchange,
  type ExchangeLimits,
  LIMITS,
  type LimitSpec,
  type OverwritePolicy,
  replay,
  Scenario,
  systemClock,
  type UserOptions,
  VirtualClock,
  WireRecorder,
} from '../../exchange.js';
import { readToken } from '../../files/key-files.js';
import type { SipLine } from '../../line.js';
import { SeatServer } from '../desk/seat-server.js';
import { EXIT_CODES } from '../exit-codes.js';
import { faultText } from '../failure.js';
import { between, portOption } from '../options.js';
import { checkOutputFolder, type OutputOptions, withForce } from '../outputs.js';
import { tellManager } from '../service-manager.js';
import { stopSignal } from '../shutdown.js';
import { printLine, warnLine } from '../terminal-text.js';
import { type AccountServicesOptions, serveAccounts, withAccountServices } from './account-services.js';
import { AttachQuestions } from './attach-questions.js';
import { type ExchangeView, exchangeView } from './exchange-view.js';
import { addSipLines, readSipLines } from './sip-lines.js';
import { withSound } from './with-sound.js';

/** Messages of `jackfield exchange` to its parent process. */
export type ExchangeMessage = { readonly listening: number };

/** Messages of the parent process to `jackfield exchange --clock manual`. */
export type ExchangeControl = { readonly clock: 'run' };

interface Options extends OutputOptions, AccountServicesOptions {
  readonly tcp?: number;
  readonly tokenFile?: string;
  readonly dbus?: string | true;
  readonly x11?: string | true;
  readonly windows?: boolean;
  readonly access: 'allow' | 'ask' | 'deny';
  readonly scenario?: string;
  readonly user?: string[];
  readonly files: string[];
  readonly overwrite: OverwritePolicy;
  readonly state?: string;
  readonly record?: string;
  readonly replay?: string;
  readonly patience: number;
  readonly clock: 'real' | 'manual';
  readonly limit?: Partial<ExchangeLimits>;
  readonly sip?: string[];
  readonly sound: boolean;
  readonly desk?: string;
  readonly json: boolean;
}

const DEFAULT_PORT = 4100;

/** `jackfield exchange`: serves the API in the role of Skype, until stopped. */
export function exchangeCommand(): Command {
  return withKept(withListening(withAccountServices(withForce(new Command('exchange')))))
    .option(
      '--patience <ms>',
      'longest time that a call waits for a late voice stream before it plays silence',
      between(0, 60_000),
      0,
    )
    .option(
      '--limit <name=number...>',
      `resource limit for clients: ${Object.keys(LIMITS).join(', ')}`,
      limitOption,
    )
    .option('--sip <file...>', 'YAML file of a SIP line to real phones (docs/lines.md)')
    .option('--json', 'print each new status, closed stream and failure as a line of JSON', false)
    .addOption(
      new Option('--clock <kind>', 'real, or manual: the parent process advances the time')
        .choices(['real', 'manual'])
        .default('real'),
    )
    .action((options: Options) => (options.replay === undefined ? serve(options) : replayed(options)));
}

function withListening(command: Command): Command {
  return command
    .option(
      '--tcp <port>',
      `loopback port for the first user, with the next ports for the other users; 0 lets the system choose (default: ${DEFAULT_PORT} when nothing else is served on)`,
      portOption,
    )
    .option('--token-file <file>', 'file with the secret that TCP clients must send: 16 to 512 characters')
    .option(
      '--dbus [address]',
      'serve the first user as com.Skype.API on this bus (default: the session bus)',
    )
    .option(
      '--x11 [display]',
      'serve the first user as _SKYPE_INSTANCE on this X display (default: $DISPLAY)',
    )
    .option(
      '--windows',
      'serve the first user by window messages, as Skype for Windows did; needs the package koffi',
    )
    .addOption(
      new Option('--access <policy>', 'which clients may attach; --state keeps the answers')
        .choices(['allow', 'ask', 'deny'])
        .default('allow'),
    );
}

/** Adds the options for users, and for files that are read or stored. */
function withKept(command: Command): Command {
  return command
    .option('--scenario <file>', 'JSON file with users, robots and numbers, and what they do')
    .option('--user <handle...>', 'users of the exchange, without a scenario (default: jack)')
    .option(
      '--desk <socket>',
      'serve the desks of all users at this socket, for jackfield desk --at <socket>',
    )
    .option('--sound', "the first user talks through this machine's microphone and loudspeaker", false)
    .option('--files <folder...>', 'folders in which FILE="..." may read and write', [])
    .addOption(
      new Option(
        '--overwrite <which>',
        'existing files that FILE="..." may replace: those of this run, of this user, or any',
      )
        .choices(['written', 'owned', 'any'])
        .default('owned'),
    )
    .option('--state <folder>', 'keep history, voicemails, profiles and contacts here')
    .option('--record <folder>', 'write every line and every redirected stream into this folder')
    .option(
      '--replay <folder>',
      'replay a recording instead of serving, with the same scenario or users, and report the differences',
    );
}

/** Replays a recording against a new exchange. Exit code 2 means that the results differ. */
async function replayed({ replay: folder = '', scenario: path, user, files, json }: Options): Promise<void> {
  const clock = new VirtualClock(Date.now());
  const scenario = path === undefined ? undefined : await Scenario.load(path, clock);
  const { lines, streams, differences } = await replay(folder, {
    ...(scenario?.options ?? usersOf(user)),
    clock,
    fileRoots: files,
    begin: async (exchange) => {
      await scenario?.run(exchange);
    },
  });
  if (json) printLine(JSON.stringify({ lines, streams, differences }));
  else {
    for (const difference of differences) printLine(difference);
    printLine(`${lines} lines and ${streams} streams: ${differences.length} differences.`);
  }
  if (differences.length > 0) process.exitCode = EXIT_CODES.faulty;
}

function usersOf(handles: readonly string[] = ['jack']): { users: UserOptions[] } {
  return { users: handles.map((handle) => ({ handle })) };
}

async function serve(options: Options): Promise<void> {
  const manual = options.clock === 'manual' ? new VirtualClock(Date.now()) : undefined;
  const clock = manual ?? systemClock;
  const token = options.tokenFile === undefined ? undefined : await readToken(options.tokenFile);
  const scenario = options.scenario === undefined ? undefined : await Scenario.load(options.scenario, clock);
  const lines = await readSipLines(options.sip ?? []);
  if (options.record !== undefined) await checkOutputFolder(options.record, options);
  const recorder = options.record === undefined ? undefined : await WireRecorder.open(options.record, clock);
  const questions = new AttachQuestions();
  const exchange = await Exchange.start({
    attach: options.access === 'ask' ? (request) => questions.ask(request) : options.access,
    ...withSound(scenario?.options ?? usersOf(options.user), options.sound),
    clock,
    fileRoots: options.files,
    overwriteFiles: options.overwrite,
    patienceMs: options.patience,
    ...(options.state !== undefined && { stateFolder: options.state }),
    ...(options.limit && { limits: options.limit }),
    ...(recorder && { opener: (standard) => recorder.wrap(standard) }),
  });
  recorder?.follow(exchange);
  const view = process.send ? undefined : exchangeView(exchange, clock, { json: options.json });
  questions.view = view;
  if (options.access === 'ask' && !questions.possible) {
    warnLine('There is no terminal to ask on: only clients that were allowed before may attach.');
  }
  try {
    await serveOn(exchange, { ...options, token }, view, { scenario, manual, lines });
  } finally {
    questions.end();
    await exchange.close();
    view?.stop();
    await recorder?.close();
  }
  if (recorder?.failure !== undefined) {
    warnLine(`The recording is incomplete: ${faultText(recorder.failure)}`);
    process.exitCode = 1;
  }
  if (process.connected) process.disconnect();
}

interface Script {
  readonly scenario: Scenario | undefined;
  readonly manual: VirtualClock | undefined;
  readonly lines: readonly SipLine[];
}

/** Serves on all requested transports until stopped. */
async function serveOn(
  exchange: Exchange,
  options: Options & { readonly token: string | undefined },
  view: ExchangeView | undefined,
  { scenario, manual, lines }: Script,
): Promise<void> {
  const stop = stopSignal({ hasCalls: true });
  const told = stopped(stop);
  await listen(exchange, options, view);
  await serveAccounts(exchange, options, view, scenario?.urlInfo);
  const lost = (error: Error) => warnLine(faultText(error));
  await using _desks =
    options.desk === undefined ? undefined : await SeatServer.open(exchange, options.desk, lost);
  await addSipLines(exchange, lines, view);
  view?.note('ready', {}, 'Ctrl-C stops it.');
  const endScenario = await scenario?.run(exchange);
  process.on('message', (message: ExchangeControl) => {
    if (message.clock === 'run') void manual?.run();
  });
  using _manager = tellManager(stop);
  await told;
  endScenario?.();
}

/** Listens on all requested transports. The default is TCP, with a port per user. */
async function listen(
  exchange: Exchange,
  { dbus, x11, windows, tcp, token }: Options & { readonly token: string | undefined },
  view: ExchangeView | undefined,
): Promise<void> {
  const [user] = exchange.handles;
  const say = (where: string, fields: Readonly<Record<string, unknown>>) =>
    view?.note('listening', fields, `The exchange listens on ${where}.`);
  if (dbus !== undefined) {
    await exchange.listenOnDbus(dbus === true ? {} : { address: dbus });
    say(dbus === true ? 'the session bus' : `the bus ${dbus}`, { handle: user, dbus });
  }
  if (x11 !== undefined) {
    await exchange.listenOnX11(x11 === true ? {} : { display: x11 });
    say(`display ${x11 === true ? process.env['DISPLAY'] : x11}`, { handle: user, x11 });
  }
  if (windows) {
    await exchange.listenOnWindows();
    say('window messages', { handle: user, windows });
  }
  if (tcp === undefined && (dbus || x11 || windows)) return;
  const first = tcp ?? DEFAULT_PORT;
  for (const [index, handle] of exchange.handles.entries()) {
    const port = await exchange.listen({
      handle,
      port: first === 0 ? 0 : first + index,
      ...(token !== undefined && { token }),
    });
    if (index === 0 && process.send) tellParent({ listening: port });
    say(`127.0.0.1:${port} for ${handle}`, { handle, port });
  }
}

/** Resolves on a stop signal, or when the parent process disconnects. */
async function stopped(stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    whenFired(stop, resolve);
    process.once('disconnect', resolve);
  });
}

function limitOption(text: string, before: Partial<ExchangeLimits> = {}): Partial<ExchangeLimits> {
  const [name = '', value = ''] = text.split('=', 2);
  const limit = entryOf<LimitSpec>(LIMITS, name);
  if (!limit) throw new InvalidArgumentError(`Give one of ${Object.keys(LIMITS).join(', ')} as name=number.`);
  return { ...before, [name]: between(limit.min, limit.max)(value) };
}

function tellParent(message: ExchangeMessage): void {
  process.send?.(message);
}
