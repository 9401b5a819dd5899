import { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import { DIALECT_NAMES } from '../../line/dialect/dialect-names.js';
import { KEY_RANGES } from '../conversation/keys.js';
import { flowQueue } from '../steps/flow-queue.js';
import { condition, ms, numberOrVariable, speech, stepName, variableName } from './flow-parts.js';

const digits = z.string().regex(/^[0-9*#]+$/, 'must consist of 0-9, * and #');
const key = z.string().regex(/^[0-9*#]$/, 'must be one key: 0-9, * or #');
const keyRanges = z.string().refine(KEY_RANGES.accepts, `must be ${KEY_RANGES.expected}`);
const phrases = z.array(z.string().min(1).max(200)).min(1).max(1000);
const text = z.string().min(1);
const ways = { next: stepName.optional(), otherwise: stepName.optional() };

const asking = {
  ask: speech,
  /** Said instead of `ask` from the second try on. */
  askAgain: speech.optional(),
  bargeIn: z.enum(['none', 'digit', 'voice', 'any']).optional(),
  timeoutMs: ms.optional(),
  interDigitMs: ms.optional(),
  typeAhead: z.boolean().optional(),
  tries: z.int().min(1).max(20).default(3),
  invalid: speech.optional(),
};
const recording = {
  maxMs: ms.optional(),
  silenceMs: ms.optional(),
  folder: text.default('.'),
  save: variableName.default('message'),
};

const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('say'), what: speech, next: stepName.optional() }),
  z.strictObject({
    do: z.literal('menu'),
    ...asking,
    choices: z.record(key, stepName),
    phrases: z.record(key, phrases).optional(),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('gather'),
    ...asking,
    min: z.int().min(1).max(100).default(1),
    max: z.int().min(1).max(100).optional(),
    terminators: digits.optional(),
    allowed: keyRanges.optional(),
    input: z
      .array(z.enum(['digits', 'speech']))
      .min(1)
      .max(2)
      .optional(),
    phrases: phrases.optional(),
    secret: z.boolean().optional(),
    save: variableName,
    ...ways,
  }),
  z.strictObject({ do: z.literal('clearDigits'), next: stepName.optional() }),
  z.strictObject({
    do: z.literal('branch'),
    cases: z.array(z.strictObject({ when: condition, next: stepName })).min(1),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('set'),
    values: z
      .record(variableName, z.union([z.string(), z.number()]))
      .refine((values) => Object.keys(values).length > 0, 'must hold at least one variable'),
    next: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('count'),
    variable: variableName,
    by: z.int().min(-1000).max(1000).default(1),
    limit: z.int().min(1).max(1_000_000),
    ...ways,
  }),
  z.strictObject({ do: z.literal('language'), language: text.max(100), next: stepName.optional() }),
  z.strictObject({
    do: z.literal('record'),
    ask: speech.optional(),
    ...recording,
    next: stepName.optional(),
  }),
  z.strictObject({ do: z.literal('voicemail'), greeting: speech, ...recording, thanks: speech.optional() }),
  z.strictObject({
    do: z.literal('recording'),
    turn: z.enum(['on', 'off']),
    folder: text.default('.'),
    next: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('transfer'),
    to: z.union([text, z.array(text).min(1)]),
    timeoutMs: ms.optional(),
    blind: z.boolean().optional(),
    music: speech.optional(),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('enqueue'),
    queue: text.max(100),
    priority: numberOrVariable.optional(),
    skills: z.array(text.max(100)).optional(),
    maxWaitMs: z.number().min(0).optional(),
    results: z.partialRecord(z.enum(['call-back', 'key', 'time', 'full', 'closed']), stepName).optional(),
    ...ways,
  }),
  z.strictObject({ do: z.literal('hold'), ms, music: speech.optional(), next: stepName.optional() }),
  z.strictObject({
    do: z.literal('hook'),
    name: text,
    music: speech.optional(),
    results: z.record(z.string(), stepName).optional(),
    ...ways,
  }),
  z.strictObject({
    do: z.literal('http'),
    url: text.max(2000),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    save: z.record(variableName, z.string()).default({}),
    secret: z.boolean().optional(),
    music: speech.optional(),
    timeoutMs: z.number().min(100).max(60_000).default(5000),
    statuses: z
      .record(z.string().regex(/^[1-5]\d\d$/, 'must be a status such as "404"'), stepName)
      .optional(),
    ...ways,
  }),
  z.strictObject({
    do: z.literal('flow'),
    file: text.regex(/^[^{}]*$/, 'cannot depend on a variable'),
    with: z.record(variableName, z.union([z.string(), z.number()])).optional(),
    next: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('fork'),
    url: text.max(2000),
    dialect: z.enum(DIALECT_NAMES).optional(),
    legs: z.enum(['remote', 'local', 'stereo', 'mixed']).optional(),
    parameters: z.record(z.string(), z.string()).optional(),
    ...ways,
  }),
  z.strictObject({ do: z.literal('message'), to: text, text, ...ways }),
  z.strictObject({ do: z.literal('leaveVoicemail'), for: text, what: speech, ...ways }),
  z.strictObject({ do: z.literal('hangup'), say: speech.optional() }),
]);

/** Values of a list that conditions refer to by name: written here, or the lines of a file. */
const list = z.union([z.array(z.string()).min(1), z.strictObject({ file: text })]);

/** The shape of a flow file; docs/bots.md describes each field. */
export const FLOW_SCHEMA = z.strictObject({
  name: text.max(200),
  language: z.string().optional(),
  timezone: z.string().default('UTC'),
  start: stepName.optional(),
  goodbye: speech.optional(),
  lists: z.record(variableName, list).optional(),
  queues: z.record(z.string().min(1).max(100), flowQueue).optional(),
  steps: z
    .record(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be a name of letters, digits, - and _'), step)
    .refine((steps) => Object.keys(steps).length > 0, 'must hold at least one step'),
});

/** The shape of a flow file as a JSON Schema, for editors: `docs/flow.schema.json`. */
export function flowJsonSchema(): object {
  return z.toJSONSchema(FLOW_SCHEMA, { io: 'input', reused: 'ref' });
}

/**
 * Returns the valid part of a flow that the schema refuses, so that all of its faults are reported at once. `broken`
 * names the steps that are left out.
 */
export function soundPart(value: unknown): {
  readonly data: FlowData;
  readonly start: string;
  readonly broken: readonly string[];
} {
  const given = z.looseObject({ steps: z.record(z.string(), z.unknown()) }).safeParse(value);
  const sound = new Map<string, FlowStep>();
  const broken: string[] = [];
  for (const [name, each] of Object.entries(given.data?.steps ?? {})) {
    const parsed = step.safeParse(each);
    if (parsed.success) sound.set(name, parsed.data);
    else broken.push(name);
  }
  const steps = Object.fromEntries(sound);
  const field = <T>(name: string, schema: z.ZodType<T>) =>
    schema.safeParse(entryOf(given.data ?? {}, name)).data;
  const [first = ''] = Object.keys(given.data?.steps ?? {});
  const data: FlowData = {
    ...{ name: '', steps, timezone: field('timezone', z.string()) ?? 'UTC' },
    ...{ language: field('language', z.string()), goodbye: field('goodbye', speech) },
    lists: field('lists', z.record(variableName, list)),
    queues: field('queues', z.record(z.string(), flowQueue)),
  };
  return { data, start: field('start', stepName) ?? first, broken };
}

/** The data of a flow file. */
export type FlowData = z.infer<typeof FLOW_SCHEMA>;
export type FlowStep = z.infer<typeof step>;
/** Step of one kind. */
export type StepOf<K extends FlowStep['do']> = Extract<FlowStep, { do: K }>;
