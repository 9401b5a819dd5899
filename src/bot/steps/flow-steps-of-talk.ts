import { randomUUID } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import { during } from '../../base/during.js';
import { entryOf } from '../../base/entry-of.js';
import { isInside } from '../../files/confined-path.js';
import { makeFolder } from '../../files/whole-file.js';
import type { Gathered, GatherOptions } from '../conversation/gather.js';
import type { FlowRun, StepWork } from '../flow/flow-run.js';
import type { StepOf } from '../flow/flow-schema.js';
import { filePath } from '../flow/flow-variables.js';

type Talking =
  | 'say'
  | 'menu'
  | 'gather'
  | 'clearDigits'
  | 'record'
  | 'voicemail'
  | 'recording'
  | 'language'
  | 'hangup';

/** Steps that speak or listen. */
export const TALK_STEPS: { readonly [K in Talking]: StepWork<K> } = {
  async say(run, { what, next }) {
    await run.say(what);
    return next;
  },
  async menu(run, step) {
    const { choices, phrases, otherwise } = step;
    const byPhrase = new Map(
      Object.entries(phrases ?? {}).flatMap(([key, said]) => said.map((phrase) => [phrase, key] as const)),
    );
    const keyOf = ({ digits, speech }: Gathered) => byPhrase.get(speech?.phrase ?? '') ?? digits;
    const expected = {
      ...{ min: 1, max: 1, terminators: '' },
      ...(byPhrase.size > 0 && { input: ['digits', 'speech'] as const, phrases: [...byPhrase.keys()] }),
    };
    const answer = await ask(run, step, expected, (given) => Object.hasOwn(choices, keyOf(given)));
    return answer ? entryOf(choices, keyOf(answer)) : otherwise;
  },
  async gather(run, step) {
    const { min, max, terminators, allowed, secret, save, next, otherwise } = step;
    const input = step.input ?? (step.phrases ? (['digits', 'speech'] as const) : undefined);
    const expected = { min, max, terminators, allowed, secret, input, phrases: step.phrases };
    const answer = await ask(run, step, expected, ({ complete }) => complete);
    if (!answer) return otherwise;
    run.save(save, answer.speech ? (answer.speech.phrase ?? answer.speech.text) : answer.digits, secret);
    return next;
  },
  clearDigits(run, { next }) {
    run.call.clearDigits();
    return next;
  },
  language(run, { language, next }) {
    run.call.language = run.fill(language);
    return next;
  },
  async record(run, step) {
    if (step.ask !== undefined) await run.say(step.ask);
    await record(run, step);
    return step.next;
  },
  async voicemail(run, step) {
    await run.say(step.greeting);
    await record(run, step);
    if (step.thanks !== undefined) await run.say(step.thanks);
    return undefined;
  },
  async recording(run, { turn, folder, next }) {
    const recording = run.call.recording ?? run.memory.recording;
    if (turn === 'off') recording?.pause();
    else if (recording) recording.resume();
    else run.memory.recording = await run.call.recordBoth({ file: await newFile(run, folder) });
    return next;
  },
  async hangup(run, { say }) {
    if (say !== undefined) await run.say(say);
    run.isOver = true;
    return undefined;
  },
};

/** Asks until an answer is accepted, at most `tries` times. */
async function ask(
  run: FlowRun,
  step: StepOf<'menu' | 'gather'>,
  expected: Partial<GatherOptions>,
  willDo: (answer: Gathered) => boolean,
): Promise<Gathered | undefined> {
  const { invalid, bargeIn, timeoutMs, interDigitMs, tries, typeAhead } = step;
  for (let attempt = 0; attempt < tries; attempt++) {
    const prompt = run.spoken(attempt === 0 ? step.ask : (step.askAgain ?? step.ask));
    const limits = { prompt, bargeIn, timeoutMs, interDigitMs, typeAhead };
    const answer = await run.call.gather({ ...expected, ...limits });
    if (willDo(answer)) return answer;
    if (invalid !== undefined && (answer.digits !== '' || answer.speech)) await run.say(invalid);
  }
  return undefined;
}

async function record(run: FlowRun, step: StepOf<'record' | 'voicemail'>): Promise<void> {
  const file = await newFile(run, step.folder);
  await run.call.record({ file, maxMs: step.maxMs, silenceMs: step.silenceMs });
  run.memory.recorded.add(file);
  run.save(step.save, file);
}

/** Makes the path of a new file in a folder that a step names. */
async function newFile(run: FlowRun, named: string): Promise<string> {
  const folder = messageFolder(run, filePath(named, run.variables, run.files));
  await during(run.call.clock, makeFolder(folder));
  return join(folder, `${run.variables.get('today')}-${randomUUID()}.wav`);
}

function messageFolder({ flow: { folder }, options: { messages } }: FlowRun, named: string): string {
  if (messages === undefined || messages === folder) return named;
  return join(
    messages,
    named === folder || isInside(folder, named) ? relative(folder, named) : basename(named),
  );
}
