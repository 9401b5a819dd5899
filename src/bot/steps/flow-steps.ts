import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { printable } from '../../base/printable.js';
import type { FlowRun, StepWork } from '../flow/flow-run.js';
import type { FlowStep, StepOf } from '../flow/flow-schema.js';
import { CALL_STEPS } from './flow-steps-of-calls.js';
import { DATA_STEPS, setAll } from './flow-steps-of-data.js';
import { TALK_STEPS } from './flow-steps-of-talk.js';

const STEPS: { readonly [K in FlowStep['do']]: StepWork<K> } = {
  ...TALK_STEPS,
  ...DATA_STEPS,
  ...CALL_STEPS,
  async flow(run, { file, with: given = {}, next }) {
    const flow = run.flow.parts.get(file);
    setAll(run, given);
    if (!flow) return next;
    const part = run.partOf(flow);
    await walk(part);
    run.isOver = part.isOver;
    return next;
  },
};

/** Most steps of one call without time passing on its clock. */
const MAX_STEPS_AT_ONCE = 10_000;

/** Runs the steps of a flow from the first to an end. @throws ERR_LIMIT when they loop without time passing. */
export async function walk(run: FlowRun): Promise<void> {
  const { flow, call, options } = run;
  let name: string | undefined = flow.start;
  let [since, count] = [call.clock.now(), 0];
  while (name !== undefined && !run.isOver) {
    const step: FlowStep | undefined = entryOf(flow.data.steps, name);
    if (!step) return;
    if (call.clock.now() > since) [since, count] = [call.clock.now(), 0];
    if (++count > MAX_STEPS_AT_ONCE) {
      const message = `Step ${name} of ${printable(flow.file)} loops without taking time.`;
      throw new JackfieldError('ERR_LIMIT', message);
    }
    observe('onStep', options.onStep, { call, file: flow.file, name, kind: step.do });
    name = await take(run, step);
  }
}

/** Runs a step with the function of its kind. */
async function take<K extends FlowStep['do']>(run: FlowRun, step: StepOf<K>): Promise<string | undefined> {
  const work = entryOf(STEPS, step.do) as StepWork<K> | undefined;
  return await work?.(run, step);
}
