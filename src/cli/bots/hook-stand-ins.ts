import { createInterface } from 'node:readline/promises';
import { InvalidArgumentError } from 'commander';
import type { Flow, FlowHookContext, FlowStep } from '../../bot.js';
import { warnLine } from '../terminal-text.js';
import type { FlowHooks } from './flow-options.js';

/** The hooks of a flow that is tried without them: told beforehand, asked for at a terminal, or passed over. */
export class HookStandIns implements AsyncDisposable {
  readonly hooks: FlowHooks;
  readonly #terminal = process.stdin.isTTY
    ? createInterface({ input: process.stdin, output: process.stderr })
    : undefined;

  /** @param results By the names of the hooks. */
  constructor(flow: Flow, given: FlowHooks, results: ReadonlyMap<string, string>) {
    const missing = new Map(
      stepsOf(flow).flatMap((step) =>
        step.do === 'hook' && !Object.hasOwn(given, step.name) ? [[step.name, step] as const] : [],
      ),
    );
    for (const name of missing.keys()) {
      if (results.has(name) || this.#terminal) continue;
      warnLine(`${flow.file}: the hook ${name} is not given (--hooks, --hook): it goes on with next.`);
    }
    this.hooks = Object.fromEntries(
      [...missing].map(([name, step]) => [
        name,
        (context: FlowHookContext) => resultOf(results.get(name)) ?? this.#ask(step, context),
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#terminal?.close();
  }

  /** Asks what the hook gives; the call's clock stands still meanwhile. */
  async #ask(
    { name, results = {} }: Extract<FlowStep, { do: 'hook' }>,
    { call }: FlowHookContext,
  ): Promise<string | undefined> {
    if (!this.#terminal) return undefined;
    const known = [...Object.keys(results), 'nothing for next', '! to fail'].join(', ');
    const answer = this.#terminal.question(`The hook ${name} gives (${known}): `);
    call.clock.timerAt(call.clock.now(), () => answer.then(() => undefined));
    return resultOf(await answer);
  }
}

/** Names and results of hooks: `lookUp=gold`, `lookUp=!` for one that fails. */
export function hookResults(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [, name, result] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || result === undefined)
    throw new InvalidArgumentError(
      'Give a hook and its result, such as lookUp=gold, or lookUp=! to have it fail.',
    );
  return new Map([...before, [name, result]]);
}

/** @throws for `!`, as a hook that fails. */
function resultOf(text: string | undefined): string | undefined {
  if (text === '!') throw new Error('The hook was told to fail.');
  return text;
}

function stepsOf(flow: Flow): FlowStep[] {
  return [...Object.values(flow.data.steps), ...[...flow.parts.values()].flatMap(stepsOf)];
}
