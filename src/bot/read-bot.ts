import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  having,
  listOf,
  nested,
  object,
  type Rules,
} from '../base/check.js';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import type { Transcriber } from '../voice/transcript/transcriber.js';
import type { AgentConfig } from './agent/read-agent.js';
import { BOT, type Bot, type BotScript, bot } from './bot.js';
import type { BotCall } from './bot-call.js';
import { readFlow } from './flow/flow.js';
import { flowBot } from './flow/flow-bot.js';
import type { FlowBotOptions, FlowHook } from './flow/flow-bot-options.js';
import { type FlowProblem, formatProblem } from './flow/flow-error.js';
import { FLOW_ABILITIES } from './flow/flow-needs.js';
import type { CampaignTarget } from './outbound/call-list.js';
import type { CampaignLine } from './outbound/campaign-call.js';
import type { Prompts } from './prompt/prompts.js';
import { FLOW_HTTP, type FlowHttpOptions } from './steps/flow-http.js';

/** Files of a bot: a flow with the module of its hooks, a script, or a voice agent. */
export interface BotFiles {
  /** The flow, as YAML or JSON. */
  readonly flow?: string | undefined;
  /** JavaScript module that exports the hooks of the flow by name, and optionally a `transcriber`. */
  readonly hooks?: string | undefined;
  /** Limits of the requests that the flow makes. Default: it may make none. */
  readonly http?: FlowHttpOptions | undefined;
  /**
   * JavaScript module instead of a flow. Its default export is a bot, or a function that is called with each call and,
   * in a campaign, with the {@link CampaignLine}.
   */
  readonly script?: string | undefined;
  /** Voice agent instead of a flow. */
  readonly agent?: AgentConfig | undefined;
}

/** Context that a bot is checked in. */
export interface ReadBotOptions {
  readonly prompts?: Prompts;
  /** Targets of a campaign. The fields that all of them have are variables of the flow. */
  readonly targets?: readonly CampaignTarget[];
}

/** A bot that was read and checked. */
export interface ReadBot {
  /** Time zone of a flow; undefined for a script or an agent. */
  readonly timezone: string | undefined;
  /** Warnings as text, with their places. */
  readonly warnings: readonly string[];
  /**
   * Makes the bot of one call of a campaign, or of all incoming calls.
   *
   * @param given Abilities of the endpoint, and queues, that a flow may need.
   * @throws ERR_INVALID_ARG when the flow needs an ability that is not given.
   */
  make(line?: CampaignLine, given?: Pick<FlowBotOptions, 'leaveVoicemail' | 'onQueue' | 'queueFolders'>): Bot;
}

const FILES: Rules<BotFiles> = {
  ...{ flow: aPath, hooks: aPath, http: nested(FLOW_HTTP), script: aPath, agent: object },
};
const OPTIONS: Rules<ReadBotOptions> = { prompts: object, targets: listOf(object) };

const TRANSCRIBER = having('transcribe');

/**
 * Reads the files of a bot. All commands and services that check, try or run a bot use this function, so they find the
 * same faults.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE; ERR_FLOW (a `FlowError`), with all faults of the flow.
 */
export async function readBot(files: BotFiles, options: ReadBotOptions = {}): Promise<ReadBot> {
  checkOptions(files, FILES);
  checkOptions(options, OPTIONS);
  const { flow, hooks, script, agent } = files;
  const ways = [flow, script, agent].filter((way) => way !== undefined);
  if (ways.length !== 1 || (flow === undefined && hooks !== undefined)) {
    const text = 'A bot needs exactly one of flow, script and agent; hooks need a flow.';
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  if (agent) {
    const { readAgent } = await import('./agent/read-agent.js');
    const made = await readAgent(agent);
    return { timezone: undefined, warnings: [], make: () => made };
  }
  if (script !== undefined) return await readScript(script);
  return await readFlowBot(flow ?? '', files, options);
}

async function readFlowBot(
  file: string,
  { hooks: module, http = { hosts: [] } }: BotFiles,
  { prompts, targets }: ReadBotOptions,
): Promise<ReadBot> {
  const { hooks, ...engine } = module === undefined ? { hooks: {} } : await readFlowModule(module);
  // The abilities of the endpoint are checked later, when the bot is made and when it begins.
  const abilities = FLOW_ABILITIES.filter((each) => each !== 'speech' || 'transcriber' in engine);
  const flow = await readFlow(file, {
    ...(prompts && { prompts }),
    ...{ hooks: Object.keys(hooks), queues: [], http, abilities },
    ...(targets && { variables: variablesOf(targets) }),
  });
  return {
    timezone: flow.data.timezone,
    warnings: flow.warnings.map((problem: FlowProblem) => formatProblem(flow.file, problem)),
    make: (line, given) =>
      flowBot(flow, { hooks, http, ...engine, ...given, ...(line && { variables: line.variables }) }),
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
  const text = `The script ${printable(file)} must export a bot, or a function of a call, as its default.`;
  throw new JackfieldError('ERR_INVALID_ARG', text);
}

/** The hooks of a flow, and an optional engine that understands its callers. */
export type FlowModule = Required<Pick<FlowBotOptions, 'hooks'>> & Pick<FlowBotOptions, 'transcriber'>;

/** Loads the functions that a module exports, and its `transcriber`. @throws ERR_FILE when it cannot be loaded. */
export async function readFlowModule(file: string): Promise<FlowModule> {
  checkArgument('file', file, aPath);
  const all = Object.entries(await load(file, 'hooks'));
  const functions = all.filter(([, value]) => typeof value === 'function');
  const [engine] = all.filter(([name, value]) => name === 'transcriber' && TRANSCRIBER.accepts(value));
  return {
    hooks: Object.fromEntries(functions) as Record<string, FlowHook>,
    ...(engine && { transcriber: engine[1] as Transcriber }),
  };
}

/** Returns the names of the variables that all targets of a list have. */
export function variablesOf(targets: readonly CampaignTarget[]): string[] {
  checkArgument('targets', targets, listOf(object));
  const [first, ...others] = targets;
  const names = Object.keys(first?.fields ?? {});
  return names.filter((name) => others.every(({ fields }) => Object.hasOwn(fields, name)));
}

/** Loads a module, again when its file has changed. */
async function load(file: string, what: string): Promise<object> {
  try {
    const url = pathToFileURL(resolve(file));
    url.searchParams.set('changed', String((await stat(file)).mtimeMs));
    return (await import(url.href)) as object;
  } catch (cause) {
    throw new JackfieldError(
      'ERR_FILE',
      `The ${what} in ${printable(file)} cannot be loaded: ${printable(messageOf(cause))}`,
      {
        cause,
      },
    );
  }
}
