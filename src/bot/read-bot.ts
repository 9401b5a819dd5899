import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { path as aPath, checkArgument, checkOptions, listOf, object, type Rules } from '../base/check.js';
import { JackfieldError, messageOf } from '../base/errors.js';
import { BOT, type Bot, type BotScript, bot } from './bot.js';
import type { BotCall } from './bot-call.js';
import { readFlow } from './flow/flow.js';
import { type FlowHook, flowBot } from './flow/flow-bot.js';
import { type FlowProblem, formatProblem } from './flow/flow-error.js';
import type { CampaignTarget } from './outbound/call-list.js';
import type { CampaignLine } from './outbound/campaign-call.js';
import type { Prompts } from './prompt/prompts.js';

/** Files that a bot is made of: a flow, with the module of its hooks, or a script. */
export interface BotFiles {
  /** The flow, as YAML or JSON. */
  readonly flow?: string | undefined;
  /** JavaScript module that exports the hooks of the flow by their names. */
  readonly hooks?: string | undefined;
  /**
   * JavaScript module in place of a flow. Its default export is a bot, or a function that is called with each call and,
   * in a campaign, with the {@link CampaignLine}.
   */
  readonly script?: string | undefined;
}

/** Surroundings that a bot is checked in. */
export interface ReadBotOptions {
  readonly prompts?: Prompts;
  /** People who are called with it: what all of them have are variables of the flow. */
  readonly targets?: readonly CampaignTarget[];
}

/** A bot that was read and checked. */
export interface ReadBot {
  /** Zone of its times; undefined for a script. */
  readonly timezone: string | undefined;
  /** In words, with their places. */
  readonly warnings: readonly string[];
  /** Makes the bot of one call of a campaign, or of every call that comes in. */
  make(line?: CampaignLine): Bot;
}

const FILES: Rules<BotFiles> = { flow: aPath, hooks: aPath, script: aPath };
const OPTIONS: Rules<ReadBotOptions> = { prompts: object, targets: listOf(object) };

/**
 * Reads the files of a bot. Commands and services that check, try or run one do it by this function, and so find the
 * same faults.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE; ERR_FLOW (a `FlowError`), with all that is wrong in the flow.
 */
export async function readBot(files: BotFiles, options: ReadBotOptions = {}): Promise<ReadBot> {
  checkOptions(files, FILES);
  checkOptions(options, OPTIONS);
  const { flow, hooks, script } = files;
  if ((flow === undefined) === (script === undefined) || (script !== undefined && hooks !== undefined)) {
    throw new JackfieldError('ERR_INVALID_ARG', 'A bot has a flow, perhaps with hooks, or it has a script.');
  }
  if (script !== undefined) return await readScript(script);
  return await readFlowBot(flow ?? '', hooks, options);
}

async function readFlowBot(
  file: string,
  hooksFile: string | undefined,
  { prompts, targets }: ReadBotOptions,
): Promise<ReadBot> {
  const hooks = hooksFile === undefined ? {} : await readHooks(hooksFile);
  const flow = await readFlow(file, {
    ...(prompts && { prompts }),
    hooks: Object.keys(hooks),
    ...(targets && { variables: variablesOf(targets) }),
  });
  return {
    timezone: flow.data.timezone,
    warnings: flow.warnings.map((problem: FlowProblem) => formatProblem(flow.file, problem)),
    make: (line) => flowBot(flow, { hooks, ...(line && { variables: line.variables }) }),
  };
}

async function readScript(file: string): Promise<ReadBot> {
  const { default: script }: { default?: unknown } = await load(file, 'script');
  if (typeof script === 'function') {
    const run = script as (call: BotCall, line?: CampaignLine) => ReturnType<BotScript>;
    const name = script.name === 'default' ? {} : { name: script.name || 'script' };
    return { timezone: undefined, warnings: [], make: (line) => bot((call) => run(call, line), name) };
  }
  if (BOT.accepts(script)) return { timezone: undefined, warnings: [], make: () => script as Bot };
  const text = `The script ${file} must export a bot, or a function of a call, as its default.`;
  throw new JackfieldError('ERR_INVALID_ARG', text);
}

/** The functions that a module exports. @throws ERR_FILE when it cannot be loaded. */
export async function readHooks(file: string): Promise<Readonly<Record<string, FlowHook>>> {
  checkArgument('file', file, aPath);
  const functions = Object.entries(await load(file, 'hooks')).filter(
    ([, value]) => typeof value === 'function',
  );
  return Object.fromEntries(functions) as Record<string, FlowHook>;
}

/** Names of the variables that everybody on a list has. */
export function variablesOf(targets: readonly CampaignTarget[]): string[] {
  checkArgument('targets', targets, listOf(object));
  const [first, ...others] = targets;
  const names = Object.keys(first?.fields ?? {});
  return names.filter((name) => others.every(({ fields }) => Object.hasOwn(fields, name)));
}

/** Loads a module as it is now: one that was changed since it was loaded is loaded anew. */
async function load(file: string, what: string): Promise<object> {
  try {
    const url = pathToFileURL(resolve(file));
    url.searchParams.set('changed', String((await stat(file)).mtimeMs));
    return (await import(url.href)) as object;
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', `The ${what} in ${file} cannot be loaded: ${messageOf(cause)}`, {
      cause,
    });
  }
}
