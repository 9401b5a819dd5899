import { z } from 'zod';
import { FROM_TIME, TO_TIME } from '../../base/time/hours.js';
import { WEEKDAYS, type Weekday } from '../../base/time/local-time.js';
import { likePattern } from './like-pattern.js';

/** A number, or the name of a variable in braces: `{count}`. */
export const numberOrVariable = z.union([
  z.number(),
  z.string().regex(/^\{\w+\}$/, 'must be a number or {variable}'),
]);
export const stepName = z.string().min(1).max(100);
export const ms = z.number().min(0).max(3_600_000);
export const variableName = z.string().regex(/^\w+$/);
const fromTime = z.string().regex(FROM_TIME, 'must be a time such as "09:30"');
const toTime = z.string().regex(TO_TIME, 'must be a time such as "17:30", or "24:00"');

/** One part of a speech; strings are names of prompts. Text, digits and names may contain `{variables}`. */
export const part = z.union([
  z.string().min(1),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ text: z.string().min(1) }),
  z.strictObject({ digits: z.string().min(1) }),
  z.strictObject({ number: numberOrVariable }),
  z.strictObject({ ordinal: numberOrVariable }),
  z.strictObject({
    money: numberOrVariable,
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be a code such as EUR'),
  }),
  z.strictObject({ phone: z.string().min(1) }),
  z.strictObject({ date: z.string().min(1) }),
  z.strictObject({ time: z.string().min(1) }),
  z.strictObject({ span: numberOrVariable }),
  z.strictObject({ silence: ms }),
  z.strictObject({
    tone: z.union([z.number(), z.tuple([z.number(), z.number()])]),
    ms,
    levelDbfs: z.number().min(-60).max(0).optional(),
  }),
]);
export const speech = z.union([part, z.array(part).min(1)]);
export type FlowPart = z.infer<typeof part>;
export type FlowSpeech = z.infer<typeof speech>;

/** A condition of a branch. */
export type FlowCondition =
  | { readonly weekdays?: Weekday[] | undefined; readonly from: string; readonly to: string }
  | { readonly weekdays: Weekday[] }
  | { readonly caller: string[] }
  /** Both sides were silent for at least this long, in milliseconds. */
  | { readonly deadAirMs: number }
  | { readonly variable: string; readonly is: string[] }
  | { readonly variable: string; readonly in: string }
  | { readonly variable: string; readonly like: string[] }
  | {
      readonly variable: string;
      readonly atLeast?: number | string | undefined;
      readonly atMost?: number | string | undefined;
    }
  | { readonly all: FlowCondition[] }
  | { readonly any: FlowCondition[] }
  | { readonly not: FlowCondition };

const pattern = z
  .string()
  .min(1)
  .max(1000)
  .refine((text) => likePattern(text) !== undefined, 'has a [ without a matching ], or an empty []');

/** Deepest nesting of conditions. */
const DEEPEST = 5;

function conditionOf(depth: number): z.ZodType<FlowCondition> {
  const weekday = z.enum(WEEKDAYS);
  const plain = [
    z.strictObject({ weekdays: z.array(weekday).min(1).optional(), from: fromTime, to: toTime }),
    z.strictObject({ weekdays: z.array(weekday).min(1) }),
    z.strictObject({ caller: z.array(pattern).min(1) }),
    z.strictObject({ deadAirMs: z.number().min(500).max(600_000) }),
    z.strictObject({ variable: variableName, is: z.array(z.string()).min(1) }),
    z.strictObject({ variable: variableName, in: variableName }),
    z.strictObject({ variable: variableName, like: z.array(pattern).min(1) }),
    z
      .strictObject({
        variable: variableName,
        atLeast: numberOrVariable.optional(),
        atMost: numberOrVariable.optional(),
      })
      .refine(
        ({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined,
        'must have one of is, in, like, atLeast, atMost',
      ),
  ] as const;
  if (depth === 0) return z.union(plain);
  const inner = conditionOf(depth - 1);
  return z.union([
    ...plain,
    z.strictObject({ all: z.array(inner).min(1) }),
    z.strictObject({ any: z.array(inner).min(1) }),
    z.strictObject({ not: inner }),
  ]);
}

export const condition = conditionOf(DEEPEST);
