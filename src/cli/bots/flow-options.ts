import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { messageOf } from '../../base/errors.js';
import { type Flow, type FlowHook, formatProblem, type ParseFlowOptions, readFlow } from '../../bot.js';
import { JackfieldError } from '../../voice.js';
import { warnLine } from '../terminal-text.js';

/** What says where the code of a flow's hooks is. */
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

/** The functions that the module exports. @throws ERR_FILE when it cannot be loaded. */
export async function loadHooks({ hooks }: HookOptions): Promise<FlowHooks> {
  if (hooks === undefined) return {};
  const exported: object = await import(pathToFileURL(resolve(hooks)).href).catch((cause: unknown) => {
    const text = `The hooks in ${hooks} cannot be loaded: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_FILE', text, { cause });
  });
  const functions = Object.entries(exported).filter(([, value]) => typeof value === 'function');
  return Object.fromEntries(functions) as FlowHooks;
}

/** Reads and checks a flow; warnings go to standard error. @throws ERR_FILE, ERR_FLOW. */
export async function openFlow(
  file: string,
  options: Pick<ParseFlowOptions, 'prompts' | 'hooks' | 'variables'> = {},
): Promise<Flow> {
  const flow = await readFlow(file, { variables: [], ...options });
  for (const problem of flow.warnings) warnLine(formatProblem(flow.file, problem));
  return flow;
}
