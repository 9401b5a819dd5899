import { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import { FROM_TIME, TO_TIME } from '../../base/hours.js';
import { WEEKDAYS } from '../../base/local-time.js';

/** A number, or the name of a variable in braces: `{count}`. */
const numberOrVariable = z.union([z.int(), z.string().regex(/^\{\w+\}$/, 'must be a number or {variable}')]);
const stepName = z.string().min(1).max(100);
const ms = z.number().min(0).max(3_600_000);
const digits = z.string().regex(/^[0-9*#]+$/, 'must be of 0-9, * and #');
const fromTime = z.string().regex(FROM_TIME, 'must be a time such as "09:30"');
const toTime = z.string().regex(TO_TIME, 'must be a time such as "17:30", or "24:00"');

/** One part of what is said; strings are names of prompts. Text, digits and names may hold `{variables}`. */
const part = z.union([
  z.string().min(1),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ text: z.string().min(1) }),
  z.strictObject({ digits: z.string().min(1) }),
  z.strictObject({ number: numberOrVariable }),
  z.strictObject({ date: z.string().min(1) }),
  z.strictObject({ silence: ms }),
  z.strictObject({
    tone: z.union([z.number(), z.tuple([z.number(), z.number()])]),
    ms,
    levelDbfs: z.number().min(-60).max(0).optional(),
  }),
]);
const speech = z.union([part, z.array(part).min(1)]);

const weekday = z.enum(WEEKDAYS);
const condition = z.union([
  z.strictObject({ weekdays: z.array(weekday).min(1).optional(), from: fromTime, to: toTime }),
  z.strictObject({ weekdays: z.array(weekday).min(1) }),
  z.strictObject({ caller: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ variable: z.string().regex(/^\w+$/), is: z.array(z.string()).min(1) }),
]);

const asking = {
  ask: speech,
  bargeIn: z.enum(['none', 'digit', 'voice', 'any']).optional(),
  timeoutMs: ms.optional(),
  interDigitMs: ms.optional(),
  tries: z.int().min(1).max(20).default(3),
  invalid: speech.optional(),
};
const recording = {
  maxMs: ms.optional(),
  silenceMs: ms.optional(),
  folder: z.string().min(1).default('.'),
  save: z.string().regex(/^\w+$/).default('message'),
};

const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('say'), what: speech, next: stepName.optional() }),
  z.strictObject({
    do: z.literal('menu'),
    ...asking,
    choices: z.record(z.string().regex(/^[0-9*#]$/, 'must be one key: 0-9, * or #'), stepName),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('gather'),
    ...asking,
    min: z.int().min(1).max(100).default(1),
    max: z.int().min(1).max(100).optional(),
    terminators: digits.optional(),
    save: z.string().regex(/^\w+$/),
    next: stepName.optional(),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('branch'),
    cases: z.array(z.strictObject({ when: condition, next: stepName })).min(1),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('record'),
    ask: speech.optional(),
    ...recording,
    next: stepName.optional(),
  }),
  z.strictObject({ do: z.literal('voicemail'), greeting: speech, ...recording, thanks: speech.optional() }),
  z.strictObject({
    do: z.literal('transfer'),
    to: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    timeoutMs: ms.optional(),
    blind: z.boolean().optional(),
    otherwise: stepName.optional(),
  }),
  z.strictObject({
    do: z.literal('hook'),
    name: z.string().min(1),
    results: z.record(z.string(), stepName).optional(),
    next: stepName.optional(),
    otherwise: stepName.optional(),
  }),
  z.strictObject({ do: z.literal('hangup'), say: speech.optional() }),
]);

/** The shape of a flow file; docs/bots.md describes each field. */
export const FLOW_SCHEMA = z.strictObject({
  name: z.string().min(1).max(200),
  language: z.string().optional(),
  timezone: z.string().default('UTC'),
  start: stepName.optional(),
  goodbye: speech.optional(),
  steps: z
    .record(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be a name of letters, digits, - and _'), step)
    .refine((steps) => Object.keys(steps).length > 0, 'must hold at least one step'),
});

/**
 * Gives the sound part of a flow whose shape is wrong somewhere, so that all of its faults are reported at once.
 * `broken` names the steps that were left out.
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
  };
  return { data, start: field('start', stepName) ?? first, broken };
}

/** A flow, as its file says it. */
export type FlowData = z.infer<typeof FLOW_SCHEMA>;
export type FlowStep = z.infer<typeof step>;
export type FlowCondition = z.infer<typeof condition>;
export type FlowSpeech = z.infer<typeof speech>;
export type FlowPart = z.infer<typeof part>;
