import type { Command } from 'commander';
import {
  type CampaignTarget,
  type Flow,
  type FlowHook,
  formatProblem,
  type ParseFlowOptions,
  readCallList,
  readFlow,
  readHooks,
  variablesOf,
} from '../../bot.js';
import { warnLine } from '../terminal-text.js';

/** Options that name the code of a flow's hooks. */
export interface HookOptions {
  readonly hooks?: string;
}

export type FlowHooks = Readonly<Record<string, FlowHook>>;

/** Adds the option of a command that runs or checks a flow. */
export function withHooks(command: Command): Command {
  return command.option(
    '--hooks <module>',
    'JavaScript module that exports the hooks of the flow by their names',
  );
}

/** The hooks of the module that was named; none without one. @throws ERR_FILE when it cannot be loaded. */
export async function loadHooks({ hooks }: HookOptions): Promise<FlowHooks> {
  return hooks === undefined ? {} : await readHooks(hooks);
}

/** The option that names the list of people that a campaign calls with the flow. */
export interface ListOptions {
  readonly list?: string;
}

/** Adds the option of a command that checks or tries a flow which is meant for a campaign. */
export function withList(command: Command): Command {
  return command.option('--list <list>', 'list of a campaign: its columns are {variables} of the flow');
}

/** The people on the list, nobody without one. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function listed({ list }: ListOptions): Promise<readonly CampaignTarget[]> {
  return list === undefined ? [] : await readCallList(list);
}

/**
 * Reads and checks a flow; warnings go to standard error.
 *
 * @param targets People who are called with it: what all of them have are variables of the flow.
 * @throws ERR_FILE, ERR_FLOW.
 */
export async function openFlow(
  file: string,
  options: Pick<ParseFlowOptions, 'prompts' | 'hooks'> = {},
  targets: readonly CampaignTarget[] = [],
): Promise<Flow> {
  const flow = await readFlow(file, { ...options, variables: variablesOf(targets) });
  for (const problem of flow.warnings) warnLine(formatProblem(flow.file, problem));
  return flow;
}
