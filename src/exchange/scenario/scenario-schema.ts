import { z } from 'zod';

const ms = z.number().int().min(0).max(86_400_000);
const handle = z.string().regex(/^[a-z][a-z0-9.,_:-]{1,31}$/i);
const number = z.string().regex(/^\+\d{3,20}$/);
/** A path to a WAV file, from the scenario's folder. */
const file = z.string().min(1);

const step = z.union([
  z.strictObject({ say: file }),
  z.strictObject({ wait: ms }),
  z.strictObject({ record: ms }),
  z.strictObject({ digits: z.string().regex(/^[0-9#*]+$/) }),
  z.strictObject({ hold: ms }),
  z.literal('play-back'),
]);

const failure = z.strictObject({ fail: z.number().int().min(1).max(14), text: z.string().optional() });

const behaviour = {
  /** How long it rings before what `outcome` says, in milliseconds. */
  rings: ms.default(1000),
  outcome: z.union([z.enum(['answer', 'busy', 'refuse', 'no-answer']), failure]).default('answer'),
  /** What the caller hears before the answer. */
  earlyMedia: file.optional(),
  /** What it does in the call, one after the other. */
  does: z.array(step).default([]),
  /** Whether it stays on the line when that is done. */
  stays: z.boolean().default(false),
  /** When it drops the call, counted from the answer, in milliseconds. */
  drops: ms.optional(),
  /** What is wrong with its line. */
  line: z
    .strictObject({
      lossPercent: z.number().min(0).max(100).optional(),
      halfDuplex: z.boolean().optional(),
      seed: z.number().int().min(1).max(2_147_483_646).optional(),
    })
    .optional(),
};

const user = z.strictObject({
  handle,
  fullName: z.string().optional(),
  profile: z.record(z.string(), z.string()).optional(),
  contacts: z.array(handle).optional(),
  voicemail: z.boolean().optional(),
  voicemailSeconds: z.number().int().min(1).max(600).optional(),
  greeting: file.optional(),
  callsFrom: z.enum(['anyone', 'contacts', 'authorized']).optional(),
  callWaiting: z.boolean().optional(),
  video: z.boolean().optional(),
  skypeOut: z.boolean().optional(),
  skypeIn: number.optional(),
});

/** The schema of a scenario file. */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  users: z
    .array(user)
    .min(1)
    .default([{ handle: 'jack' }]),
  /** Others who can be called, and can call. */
  robots: z.array(z.strictObject({ handle, fullName: z.string().optional(), ...behaviour })).default([]),
  /** Phone numbers that the gateway knows. */
  numbers: z
    .array(
      z.strictObject({
        number,
        fullName: z.string().optional(),
        ...behaviour,
        tariff: z
          .strictObject({
            rate: z.number().int().min(0),
            precision: z.number().int().min(0).max(6),
            currency: z.string().regex(/^[A-Z]{3}$/),
          })
          .optional(),
      }),
    )
    .default([]),
  /** Calls that robots and numbers make, counted from the start. */
  calls: z.array(z.strictObject({ from: z.union([handle, number]), to: handle, afterMs: ms })).default([]),
});

/** A scenario as it is written in its file, with what was left out filled in. */
export type ScenarioFile = z.output<typeof scenarioSchema>;

/** Its schema as JSON Schema, for editors. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { io: 'input' });
}
