import { resolve } from 'node:path';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { printable } from '../../base/printable.js';
import type { FlowRun } from '../flow/flow-run.js';
import { Queue } from '../queue/queue.js';
import type { FlowQueue } from './flow-queue.js';

/** Queues of flows. All calls of one flow share its queues. */
const opened = new WeakMap<object, Map<string, Promise<Queue>>>();

/** Returns the queue of a step: that of the program, or the flow's own. @throws ERR_FLOW when there is none. */
export async function queueOf(run: FlowRun, name: string): Promise<Queue> {
  const { flow, options } = run;
  const given = entryOf(options.queues ?? {}, name);
  if (given) return given;
  const facts = entryOf(flow.data.queues ?? {}, name);
  if (!facts) throw new JackfieldError('ERR_FLOW', `There is no queue ${name} in ${printable(flow.file)}.`);
  const known = opened.get(flow.data) ?? new Map<string, Promise<Queue>>();
  opened.set(flow.data, known);
  const queue = known.get(name) ?? open(run, name, facts);
  known.set(name, queue);
  // After an error, the next call tries to open the queue again.
  queue.catch(() => known.delete(name));
  return await queue;
}

async function open(run: FlowRun, name: string, facts: FlowQueue): Promise<Queue> {
  const { call, flow, options } = run;
  const { folder, music, agentGreeting, callBack, ...rest } = facts;
  const { promise, greeting, ...ofCallBack } = callBack ?? {};
  const path = folder === undefined ? undefined : resolve(flow.folder, folder);
  const held = path === undefined ? undefined : options.queueFolders?.get(path);
  if (held) return held;
  const queue = await Queue.open({
    ...{ name, clock: call.clock, ...rest },
    folder: path,
    music: music && run.spoken(music),
    agentGreeting: agentGreeting && run.spoken(agentGreeting),
    callBack: callBack && {
      ...ofCallBack,
      promise: promise && run.spoken(promise),
      greeting: greeting && run.spoken(greeting),
    },
  });
  if (path !== undefined) options.queueFolders?.set(path, queue);
  observe('onQueue', options.onQueue, queue);
  return queue;
}
