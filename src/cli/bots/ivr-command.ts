import { Command, InvalidArgumentError, Option } from 'commander';
import {
  BotHost,
  drawFlow,
  type Flow,
  type FlowDrawing,
  flowBot,
  formatTranscript,
  openPrompts,
  readFlow,
  type TestCaller,
  testBot,
} from '../../bot.js';
import { Exchange } from '../../exchange.js';
import { writePrivate } from '../../files/private-file.js';
import { PcmServer } from '../../pcm.js';
import { attachTo, checkEndpoint, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { between, dateOption } from '../options.js';
import { checkOutput, intoFile, type OutputOptions, temporaryFolder, withForce } from '../outputs.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import { printLine, printLines, warnLine } from '../terminal-text.js';
import {
  type FlowHooks,
  type HookOptions,
  type ListOptions,
  listed,
  loadHooks,
  openFlow,
  withHooks,
  withList,
} from './flow-options.js';
import { type PromptOptions, promptsOf, withPrompts } from './prompt-options.js';

/** Between two keys, in milliseconds. */
const KEY_PAUSE_MS = 300;

/** `jackfield ivr`: checks, draws, tries and runs flow files. */
export function ivrCommand(): Command {
  const ivr = new Command('ivr');
  withList(withHooks(withPrompts(ivr.command('check'))))
    .description('Say everything that is wrong in a flow file, with its line and path.')
    .argument('<flow>', 'YAML or JSON file')
    .option('--json', 'print what was found right as a JSON object', false)
    .action(check);
  withForce(ivr.command('draw'))
    .description('Draw a flow as a diagram.')
    .argument('<flow>', 'YAML or JSON file')
    .addOption(
      new Option('--format <format>', 'what to draw').choices(['svg', 'mermaid', 'dot']).default('svg'),
    )
    .option('--out <file>', 'file to write; default: standard output')
    .action(draw);
  withList(withHooks(withPrompts(ivr.command('try'))))
    .description('Call a flow here and now, press keys, and print what happens. Takes no real time.')
    .argument('<flow>', 'YAML or JSON file')
    .option('--keys <keys>', 'what the caller presses; each comma waits two seconds', keysOption, ',')
    .option('--caller <handle>', 'who calls', 'caller')
    .option('--json', 'print one JSON object a line', false)
    .option('--at <time>', 'when, as 2027-03-01T09:00:00Z', dateOption)
    .option(
      '--messages <folder>',
      'keep the messages that are left in this folder (default: they are removed)',
    )
    .action(tryOut);
  withHooks(withPrompts(withEndpoint(ivr.command('run'))))
    .description('Answer calls with a flow until it is told to stop.')
    .argument('<flow>', 'YAML or JSON file')
    .option('--json', 'print one JSON object a line', false)
    .option('--max-calls <count>', 'calls at once, 1 to 10000; more are refused', between(1, 10_000), 100)
    .action(run);
  return ivr;
}

interface CheckOptions extends PromptOptions, HookOptions, ListOptions {
  readonly json: boolean;
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const [prompts, hooks] = [await openPrompts(promptsOf(options)), await loadHooks(options)];
  const flow = await openFlow(file, { prompts, hooks: Object.keys(hooks) }, await listed(options));
  const steps = Object.keys(flow.data.steps).length;
  const { name } = flow.data;
  const { warnings } = flow;
  if (options.json) printLine(JSON.stringify({ file, name, steps, warnings }));
  else printLine(`${file}: ${name}, ${steps} steps, no errors.`);
}

async function draw(
  file: string,
  options: OutputOptions & { readonly format: FlowDrawing; readonly out?: string },
): Promise<void> {
  const { out, format } = options;
  if (out !== undefined) await checkOutput(out, options);
  const drawing = await drawFlow(await readFlow(file), format);
  if (out === undefined) printLines(drawing);
  else await intoFile(out, options, (part) => writePrivate(part, drawing));
}

interface TryOptions extends PromptOptions, HookOptions, ListOptions {
  readonly keys: string;
  readonly caller: string;
  readonly at?: Date;
  readonly messages?: string;
  readonly json: boolean;
}

async function tryOut(file: string, options: TryOptions): Promise<void> {
  const [prompts, hooks] = [await openPrompts(promptsOf(options)), await loadHooks(options)];
  const targets = await listed(options);
  const flow = await openFlow(file, { prompts }, targets);
  await using messages = await messagesOf(options);
  const scene = async (caller: TestCaller) => {
    for (const key of options.keys) {
      if (caller.call.over) return;
      if (key === ',') await caller.waits(2000);
      else await caller.presses(key).then(() => caller.waits(KEY_PAUSE_MS));
    }
    await caller.waits(2000);
  };
  const { transcript, results } = await testBot(
    flowBot(flow, {
      hooks: { ...noHooks(flow, hooks), ...hooks },
      variables: new Map(Object.entries(targets[0]?.fields ?? {})),
      messages: messages.path,
    }),
    scene,
    {
      exchange: Exchange,
      prompts,
      caller: options.caller,
      ...(options.at && { startsAt: options.at }),
    },
  );
  if (options.json) for (const line of transcript) printLine(JSON.stringify(line));
  else for (const line of formatTranscript(transcript).split('\n')) printLine(line);
  if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
}

/** Folder of messages: never that of real callers' messages, unless that is asked for. */
async function messagesOf({ messages: path }: TryOptions): Promise<{ path: string } & AsyncDisposable> {
  if (path !== undefined) return { path, [Symbol.asyncDispose]: async () => undefined };
  return await temporaryFolder();
}

/** Stand-ins for hooks that are not given: each goes on with `next`, and is told of. */
function noHooks(flow: Flow, given: FlowHooks): FlowHooks {
  const missing = Object.values(flow.data.steps).flatMap((step) =>
    step.do === 'hook' && !Object.hasOwn(given, step.name) ? [step.name] : [],
  );
  for (const name of new Set(missing)) {
    warnLine(`${flow.file}: the hook ${name} is not given (--hooks): it goes on with next.`);
  }
  return Object.fromEntries(missing.map((name) => [name, () => undefined]));
}

/** Ports of a call that a bot talks in: what it hears, what it says, the microphone. */
const LEASES_PER_CALL = 3;

interface RunOptions extends PromptOptions, EndpointOptions, HookOptions {
  readonly maxCalls: number;
  readonly json: boolean;
}

async function run(file: string, options: RunOptions): Promise<void> {
  await checkEndpoint(options);
  const [prompts, hooks] = [await openPrompts(promptsOf(options)), await loadHooks(options)];
  const flow = await openFlow(file, { prompts, hooks: Object.keys(hooks) });
  const bot = flowBot(flow, { hooks });
  await using attached = await attachTo(options, { name: 'jackfield ivr' });
  const { client } = attached;
  const stop = stopSignal();
  await using server = new PcmServer();
  await using host = new BotHost({ client, server, prompts });
  const line = (callId: number, text: string, fields: object) =>
    printLine(options.json ? JSON.stringify({ call: callId, ...fields }) : `call ${callId}: ${text}`);
  host.on('talking', ({ id, partner }) =>
    line(id, partner.handle, { event: 'talking', partner: partner.handle }),
  );
  host.on('result', ({ callId, outcome, error }) =>
    line(callId, `${outcome}${error ? `, ${error.message}` : ''}`, {
      ...{ event: 'result', outcome, error: error?.message },
    }),
  );
  host.on('refused', ({ id }) =>
    line(id, `refused: ${options.maxCalls} calls are in progress`, { event: 'refused' }),
  );
  await host.attend(bot, { maxCalls: options.maxCalls });
  if (server.advice !== undefined && server.maxLeases < options.maxCalls * LEASES_PER_CALL) {
    warnLine(`Fewer than ${options.maxCalls} calls at once will fit. ${server.advice}`);
  }
  const { name } = flow.data;
  const ready = `${name} answers calls at ${options.attach}. Ctrl-C stops it.`;
  printLine(options.json ? JSON.stringify({ event: 'ready', name, attached: options.attach }) : ready);
  await untilStopped(stop, client);
}

function keysOption(text: string): string {
  if (/^[0-9*#,]+$/.test(text)) return text;
  throw new InvalidArgumentError('Give keys of 0-9, * and #, and commas.');
}
