import { during } from '../../base/during.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { conditionHolds } from '../flow/flow-condition.js';
import type { FlowRun, StepWork } from '../flow/flow-run.js';
import type { StepOf } from '../flow/flow-schema.js';
import { flowRequest } from './flow-http.js';

type Deciding = 'branch' | 'set' | 'count' | 'hook' | 'http';

/** Steps that decide, compute, or send requests to another program. */
export const DATA_STEPS: { readonly [K in Deciding]: StepWork<K> } = {
  branch({ call, flow, variables }, { cases, otherwise }) {
    const facts = {
      ...{ unixMs: call.clock.unixMs(), timezone: flow.data.timezone, caller: call.partner.handle },
      ...{ variables, lists: flow.lists, silentMs: call.analysis?.silentMs ?? 0 },
    };
    return cases.find(({ when }) => conditionHolds(when, facts))?.next ?? otherwise;
  },
  set(run, { values, next }) {
    setAll(run, values);
    return next;
  },
  count(run, { variable, by, limit, next, otherwise }) {
    const count = Number(run.variables.get(variable) ?? 0) + by;
    if (!Number.isSafeInteger(count)) {
      const message = `{${variable}} is ${run.variables.get(variable)}, which is not a whole number to count with.`;
      throw new JackfieldError('ERR_INVALID_STATE', message);
    }
    run.save(variable, String(count));
    return count <= limit ? next : otherwise;
  },
  async hook(run, { name, music, results, next, otherwise }) {
    const { call, variables } = run;
    const hook = entryOf(run.options.hooks ?? {}, name);
    return await run.orElse(otherwise, async () => {
      const result = await run.withMusic(music, async () => await hook?.({ call, variables }));
      return (result === undefined ? undefined : entryOf(results ?? {}, result)) ?? next;
    });
  },
  async http(run, step) {
    return await run.orElse(
      step.otherwise,
      async () => await run.withMusic(step.music, () => request(run, step)),
    );
  },
};

/** Saves values, after replacing the variables in them. */
export function setAll(run: FlowRun, values: Readonly<Record<string, string | number>>): void {
  const filled = Object.entries(values).map(([name, value]) => [name, run.fill(String(value))] as const);
  for (const [name, value] of filled) run.save(name, value);
}

async function request(run: FlowRun, step: StepOf<'http'>): Promise<string | undefined> {
  const { call } = run;
  const json =
    step.json &&
    Object.fromEntries(Object.entries(step.json).map(([name, value]) => [name, filled(run, value)]));
  const asked = flowRequest(
    {
      url: run.fill(step.url, urlPart),
      ...{ method: step.method, json, timeoutMs: step.timeoutMs, signal: call.signal },
    },
    run.options.http ?? { hosts: [] },
  );
  const { status, body } = await during(call.clock, asked);
  const way = entryOf(step.statuses ?? {}, String(status));
  if (way !== undefined) return way;
  if (status < 200 || status > 299)
    throw new JackfieldError('ERR_PEER', `${new URL(step.url).host} answered with status ${status}.`);
  if (Object.keys(step.save).length > 0) saveAll(run, step, body);
  return step.next;
}

function filled(run: FlowRun, value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? run.fill(value) : value;
}

/** Saves values from a response, all or none. @throws ERR_PEER when one is missing. */
function saveAll(run: FlowRun, { save, secret }: StepOf<'http'>, body: string): void {
  const found = Object.entries(save).map(([name, path]) => [name, valueAt(body, path)] as const);
  for (const [name, value] of found) run.save(name, value, secret);
}

/** Returns the value at a path such as `accounts.0.balance`; the whole body for an empty path. */
function valueAt(body: string, path: string): string {
  if (path === '') return body;
  let value: unknown = parsed(body);
  for (const key of path.split('.')) {
    value =
      typeof value === 'object' && value !== null
        ? entryOf(value as Record<string, unknown>, key)
        : undefined;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new JackfieldError('ERR_PEER', `The answer has no text, number, true or false at ${path}.`);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new JackfieldError('ERR_PEER', 'The answer is not JSON.');
  }
}

/** Encodes a value as one part of a URL. @throws ERR_INVALID_ARG for a value of full stops only, such as `..`. */
function urlPart(value: string): string {
  if (/^\.*$/.test(value)) throw invalidArgument('a value in a url', 'more than dots', value);
  return encodeURIComponent(value);
}
