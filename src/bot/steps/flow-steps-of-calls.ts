import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { StepWork } from '../flow/flow-run.js';
import { queueOf } from './flow-queues.js';

type Calling = 'fork' | 'transfer' | 'enqueue' | 'hold' | 'message' | 'leaveVoicemail';

/** Steps that involve other parties or waiting. */
export const CALL_STEPS: { readonly [K in Calling]: StepWork<K> } = {
  async transfer(run, { to, timeoutMs, blind, music, otherwise }) {
    const targets = [to].flat().map((one) => run.fill(one));
    return await run.orElse(otherwise, async () => {
      await run.call.transfer(targets, {
        ...{ timeoutMs, blind },
        ...(music !== undefined && { music: run.spoken(music) }),
      });
      return undefined;
    });
  },
  async enqueue(run, { queue: name, priority = 0, skills = [], maxWaitMs, results = {}, next, otherwise }) {
    return await run.orElse(otherwise, async () => {
      const rank = Number(run.fill(String(priority)));
      if (Number.isNaN(rank)) {
        throw new JackfieldError(
          'ERR_INVALID_ARG',
          `The priority ${priority} in the queue ${name} is not a number.`,
        );
      }
      const queue = await queueOf(run, name);
      const needs = skills.map((skill) => run.fill(skill));
      const { ended } = await queue.enter(run.call, { priority: rank, skills: needs, maxWaitMs });
      return ended === 'served' ? next : (entryOf(results, ended) ?? otherwise);
    });
  },
  async hold(run, { ms, music, next }) {
    const options = music === undefined ? {} : { music: run.spoken(music) };
    await run.call.hold(() => run.call.pause(ms), options);
    return next;
  },
  async fork(run, { url, dialect, legs, parameters = {}, next, otherwise }) {
    return await run.orElse(otherwise, async () => {
      const told = Object.entries(parameters).map(([name, value]) => [name, run.fill(value)] as const);
      await run.call.fork(run.fill(url), {
        ...(dialect && { dialect }),
        ...(legs && { legs }),
        parameters: Object.fromEntries(told),
      });
      return next;
    });
  },
  async message(run, { to, text, next, otherwise }) {
    return await run.orElse(otherwise, async () => {
      const { call, options } = run;
      const message = { call, target: run.fill(to), text: run.fill(text) };
      if (options.sendMessage) await options.sendMessage(message);
      else await call.sendMessage(message.target, message.text);
      return next;
    });
  },
  async leaveVoicemail(run, step) {
    return await run.orElse(step.otherwise, async () => {
      const { call, options } = run;
      await options.leaveVoicemail?.({ call, target: run.fill(step.for), what: run.spoken(step.what) });
      return step.next;
    });
  },
};
