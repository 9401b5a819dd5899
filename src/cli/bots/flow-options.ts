import type { Command } from 'commander';
import {
  type CampaignTarget,
  type Flow,
  type FlowAbility,
  type FlowHttpOptions,
  type FlowModule,
  formatProblem,
  type ParseFlowOptions,
  readCallList,
  readFlow,
  readFlowModule,
  variablesOf,
} from '../../bot.js';
import { warnLine } from '../terminal-text.js';

/** Options for the hooks of a flow and the hosts that it may contact. */
export interface HookOptions {
  readonly hooks?: string;
  readonly httpHost?: readonly string[];
  readonly httpPrivate?: boolean;
}

/** Hooks and limits for the steps of a flow. */
export type FlowGiven = FlowModule & { readonly http: FlowHttpOptions };

export type FlowHooks = FlowModule['hooks'];

/** Adds the options of a command that runs or checks a flow. */
export function withHooks(command: Command): Command {
  return command
    .option(
      '--hooks <module>',
      'JavaScript module that exports the hooks of the flow by name, and optionally a `transcriber` for spoken answers',
    )
    .option(
      '--http-host <host...>',
      'host that the flow may send requests to, such as api.example.org (default: none)',
    )
    .option('--http-private', 'allow hosts with addresses of this machine or of a private network', false);
}

/** Limits of a flow's HTTP requests, from the options. */
export function httpOf({
  httpHost: hosts = [],
  httpPrivate: privateAddresses = false,
}: HookOptions): FlowHttpOptions {
  return { hosts, privateAddresses };
}

/** Loads the hooks and limits of a flow, from the options. @throws ERR_FILE when its module cannot be loaded. */
export async function loadGiven(options: HookOptions): Promise<FlowGiven> {
  const { hooks: module } = options;
  return { ...(module === undefined ? { hooks: {} } : await readFlowModule(module)), http: httpOf(options) };
}

/** The abilities for the check of a flow: the given hooks and hosts, and the known abilities of the endpoint. */
export function checkedAgainst(
  { hooks, http, transcriber }: FlowGiven,
  endpoint: readonly FlowAbility[] = ['message', 'leaveVoicemail'],
): Pick<ParseFlowOptions, 'hooks' | 'http' | 'abilities'> {
  const abilities: readonly FlowAbility[] = transcriber ? ['speech', ...endpoint] : endpoint;
  return { hooks: Object.keys(hooks), http, abilities };
}

/** Option with the list of a campaign for the flow. */
export interface ListOptions {
  readonly list?: string;
}

/** Adds the option of a command that checks or tries the flow of a campaign. */
export function withList(command: Command): Command {
  return command.option('--list <list>', 'list of a campaign, whose columns are {variables} of the flow');
}

/** Reads the targets on the list; empty without a list. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function listed({ list }: ListOptions): Promise<readonly CampaignTarget[]> {
  return list === undefined ? [] : await readCallList(list);
}

/**
 * Reads and checks a flow; warnings go to standard error.
 *
 * @param targets Targets of the campaign. Fields that all of them have are variables of the flow.
 * @throws ERR_FILE, ERR_FLOW.
 */
export async function openFlow(
  file: string,
  options: Omit<ParseFlowOptions, 'file' | 'folder' | 'variables'> = {},
  targets: readonly CampaignTarget[] = [],
): Promise<Flow> {
  const flow = await readFlow(file, { ...options, variables: variablesOf(targets) });
  for (const problem of flow.warnings) warnLine(formatProblem(flow.file, problem));
  return flow;
}
