import { createInterface } from 'node:readline/promises';
import { InvalidArgumentError } from 'commander';
import type { Flow, FlowHookContext, FlowStep } from '../../bot.js';
import { warnLine } from '../terminal-text.js';
import type { FlowHooks } from './flow-options.js';

/** Replaces missing hooks of a flow: with given results, with answers from a terminal, or with nothing. */
export class HookStandIns implements AsyncDisposable {
  readonly hooks: FlowHooks;
  readonly #terminal = process.stdin.isTTY
    ? createInterface({ input: process.stdin, output: process.stderr })
    : undefined;

  /** @param results Results by the name of the hook. */
  constructor(flow: Flow, given: FlowHooks, results: ReadonlyMap<string, string>) {
    const missing = new Map(
      stepsOf(flow).flatMap((step) =>
        step.do === 'hook' && !Object.hasOwn(given, step.name) ? [[step.name, step] as const] : [],
      ),
    );
    for (const name of missing.keys()) {
      if (results.has(name) || this.#terminal) continue;
      warnLine(
        `${flow.file}: the hook ${name} is missing (give --hooks or --hook). The flow continues at "next".`,
      );
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

  /** Asks for the result of a hook. The call's clock is stopped meanwhile. */
  async #ask(
    { name, results = {} }: Extract<FlowStep, { do: 'hook' }>,
    { call }: FlowHookContext,
  ): Promise<string | undefined> {
    if (!this.#terminal) return undefined;
    const known = [...Object.keys(results), 'empty for next', '! to fail'].join(', ');
    const answer = this.#terminal.question(`Result of the hook ${name} (${known}): `);
    call.clock.timerAt(call.clock.now(), () => answer.then(() => undefined));
    return resultOf(await answer);
  }
}

/** Parses the name and result of a hook: `lookUp=gold`, or `lookUp=!` for a failure. */
export function hookResults(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [, name, result] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || result === undefined)
    throw new InvalidArgumentError(
      'Give a hook and its result, such as lookUp=gold, or lookUp=! to make the hook fail.',
    );
  return new Map([...before, [name, result]]);
}

/** @throws for `!`, like a failing hook. */
function resultOf(text: string | undefined): string | undefined {
  if (text === '!') throw new Error('The hook fails, as --hook says.');
  return text;
}

function stepsOf(flow: Flow): FlowStep[] {
  return [...Object.values(flow.data.steps), ...[...flow.parts.values()].flatMap(stepsOf)];
}
