import { Command, InvalidArgumentError, Option } from 'commander';
import {
  BotHost,
  type BotResult,
  canSendMessages,
  drawFlow,
  type FlowAbility,
  type FlowDrawing,
  flowBot,
  formatTranscript,
  openPrompts,
  readFlow,
  type TestCaller,
  testBot,
} from '../../bot.js';
import { Exchange } from '../../exchange.js';
import { FeedSources } from '../../feed.js';
import { writePrivate } from '../../files/private-file.js';
import { PcmServer } from '../../pcm.js';
import { flowVoicemail } from '../../voicemail.js';
import { attachTo, checkEndpoint, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { faultText } from '../failure.js';
import { between, dateOption } from '../options.js';
import { checkOutput, intoFile, type OutputOptions, temporaryFolder, withForce } from '../outputs.js';
import { joinerOf, offerVoices, type ShareOptions, withShare } from '../share-options.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import { printLine, printLines, warnLine } from '../terminal-text.js';
import { type AgentFlags, agentOf, withAgent } from './agent-flags.js';
import { showBots } from './bot-news.js';
import {
  checkedAgainst,
  type HookOptions,
  type ListOptions,
  listed,
  loadGiven,
  openFlow,
  withHooks,
  withList,
} from './flow-options.js';
import { HookStandIns, hookResults } from './hook-stand-ins.js';
import { type PromptOptions, promptsOf, withPrompts } from './prompt-options.js';

/** Lowest protocol with which a program can leave voicemails. */
const VOICEMAIL_PROTOCOL = 8;
/** Pause between two keys, in milliseconds. */
const KEY_PAUSE_MS = 300;

/** `jackfield ivr`: checks, draws, tries and runs flow files. */
export function ivrCommand(): Command {
  const ivr = new Command('ivr');
  withList(withHooks(withPrompts(withEndpoint(ivr.command('check'), 'none'))))
    .description('Report every error in a flow file, with its line and path.')
    .argument('<flow>', 'YAML or JSON file')
    .option('--json', 'print the result as a JSON object', false)
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
    .description('Try a flow without a phone: press keys and print what happens. Takes no real time.')
    .argument('<flow>', 'YAML or JSON file')
    .option('--keys <keys>', 'keys that the caller presses; each comma waits two seconds', keysOption, ',')
    .option('--caller <handle>', 'who calls', 'caller')
    .option('--json', 'print one JSON object per line', false)
    .option('--hook <result...>', 'result of a hook that is not run: lookUp=gold', hookResults)
    .option('--at <time>', 'time of the call, such as 2027-03-01T09:00:00Z', dateOption)
    .option('--messages <folder>', 'keep the recorded messages in this folder (default: removed)')
    .action(tryOut);
  withShare(withHooks(withPrompts(withEndpoint(withAgent(ivr.command('run'))))))
    .description('Answer calls with a flow or a voice agent until stopped.')
    .argument('[flow]', 'YAML or JSON file; leave it out with --agent')
    .option('--json', 'print one JSON object per line', false)
    .option(
      '--max-calls <count>',
      'most calls at once, 1 to 10000; further calls are refused',
      between(1, 10_000),
      100,
    )
    .action(run);
  return ivr;
}

interface CheckOptions extends PromptOptions, HookOptions, ListOptions, Partial<EndpointOptions> {
  readonly json: boolean;
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const [prompts, given] = [await openPrompts(promptsOf(options)), await loadGiven(options)];
  const against = checkedAgainst(given, await abilitiesOf(options));
  const flow = await openFlow(file, { prompts, ...against }, await listed(options));
  const steps = Object.keys(flow.data.steps).length;
  const { name } = flow.data;
  const { warnings } = flow;
  if (options.json) printLine(JSON.stringify({ file, name, steps, warnings }));
  else printLine(`${file}: ${name}, ${steps} steps, no errors.`);
}

/** Abilities of the endpoint for a flow; undefined when no endpoint is given. */
async function abilitiesOf(options: Partial<EndpointOptions>): Promise<FlowAbility[] | undefined> {
  const { attach } = options;
  if (attach === undefined) return undefined;
  await using attached = await attachTo({ ...options, attach }, { name: 'jackfield ivr' });
  const { client } = attached;
  return [
    ...(client.protocol >= VOICEMAIL_PROTOCOL ? (['leaveVoicemail'] as const) : []),
    ...((await canSendMessages(client)) ? (['message'] as const) : []),
  ];
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
  readonly hook?: ReadonlyMap<string, string>;
  readonly caller: string;
  readonly at?: Date;
  readonly messages?: string;
  readonly json: boolean;
}

async function tryOut(file: string, options: TryOptions): Promise<void> {
  const [prompts, given] = [await openPrompts(promptsOf(options)), await loadGiven(options)];
  const targets = await listed(options);
  const { http, abilities } = checkedAgainst(given);
  const flow = await openFlow(
    file,
    { prompts, ...(abilities && { abilities }), ...(http && { http }) },
    targets,
  );
  await using messages = await messagesOf(options);
  await using stand = new HookStandIns(flow, given.hooks, options.hook ?? new Map());
  let [last, left] = ['', false];
  const scene = async (caller: TestCaller) => {
    for (const key of options.keys) {
      if (caller.call.over) return;
      if (key === ',') await caller.waits(2000);
      else await caller.presses(key).then(() => caller.waits(KEY_PAUSE_MS));
    }
    await caller.waits(2000);
    left = !caller.call.over;
  };
  const { transcript, results } = await testBot(
    flowBot(flow, {
      ...given,
      hooks: { ...stand.hooks, ...given.hooks },
      variables: new Map(Object.entries(targets[0]?.fields ?? {})),
      messages: messages.path,
      sendMessage: async ({ target, text }) => warnLine(`A message to ${target} would be sent: ${text}`),
      leaveVoicemail: async ({ target }) => warnLine(`A voicemail for ${target} would be left.`),
      onStep: ({ file: of, name, kind }) => {
        last = `step ${name} (${kind})${of === flow.file ? '' : ` of ${of}`}`;
      },
    }),
    scene,
    {
      exchange: Exchange,
      prompts,
      caller: options.caller,
      ...(options.at && { startsAt: options.at }),
    },
  );
  const ended = whyEnded(results[0], last, left);
  if (options.json) {
    for (const line of [...transcript, { ended }]) printLine(JSON.stringify(line));
  } else {
    for (const line of formatTranscript(transcript).split('\n')) printLine(line);
    warnLine(ended);
  }
  if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
}

/** Describes the end of a tried call and its reason. */
function whyEnded(result: BotResult | undefined, last: string, left: boolean): string {
  if (result?.outcome === 'failed')
    return `The call failed at ${last}: ${result.error ? faultText(result.error) : ''}`;
  if (result?.outcome === 'done') return `The flow ended the call: ${last} has no next step.`;
  const keys = left ? ' because no keys were left' : '';
  return `The caller hung up at ${last}${keys}.`;
}

/** Folder of messages: a temporary one, unless a folder is given. */
async function messagesOf({ messages: path }: TryOptions): Promise<{ path: string } & AsyncDisposable> {
  if (path !== undefined) return { path, [Symbol.asyncDispose]: async () => undefined };
  return await temporaryFolder();
}

/** Ports per call of a bot: output, input and microphone. */
const LEASES_PER_CALL = 3;

interface RunOptions extends PromptOptions, EndpointOptions, HookOptions, ShareOptions, AgentFlags {
  readonly maxCalls: number;
  readonly json: boolean;
}

async function run(file: string | undefined, options: RunOptions): Promise<void> {
  await checkEndpoint(options);
  const [prompts, given] = [await openPrompts(promptsOf(options)), await loadGiven(options)];
  const agent = await agentOf(file, options);
  const flow = agent ? undefined : await openFlow(file ?? '', { prompts, ...checkedAgainst(given) });
  // Set up before attaching, because a call may arrive at once.
  const servers: PcmServer[] = [];
  await using _voices = await offerVoices(() => servers);
  const join = joinerOf(options);
  await using attached = await attachTo(options, { name: 'jackfield ivr' });
  const { client } = attached;
  const stop = stopSignal({ hasCalls: true });
  // The output is closed last, so that calls hung up at the end are reported.
  await using shown = showBots(options);
  const sources = new FeedSources(shown.feed);
  await using server = new PcmServer();
  servers.push(server);
  await using host = new BotHost({ client, server, prompts, join });
  const leaveVoicemail = flowVoicemail({ client, server, prompts });
  const bot = flow ? flowBot(flow, { ...given, leaveVoicemail }) : agent;
  if (!bot) return;
  const account = await client.parameters.get('CURRENTUSERHANDLE');
  sources.host(host, account);
  sources.server(server, account);
  await host.attend(bot, { maxCalls: options.maxCalls });
  if (server.advice !== undefined && server.maxLeases < options.maxCalls * LEASES_PER_CALL) {
    warnLine(`This machine cannot hold ${options.maxCalls} calls at once. ${server.advice}`);
  }
  const { name } = flow?.data ?? bot;
  const ready = `${name} answers calls at ${options.attach}. Ctrl-C stops it.`;
  printLine(options.json ? JSON.stringify({ event: 'ready', name, attached: options.attach }) : ready);
  await untilStopped(stop, client);
}

function keysOption(text: string): string {
  if (/^[0-9*#,]+$/.test(text)) return text;
  throw new InvalidArgumentError('Give keys 0-9, * and #, with commas for waits.');
}
