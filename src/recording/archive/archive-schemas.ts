import { z } from 'zod';

// Schemas of an archive's internal files. Loaded on first use: a program that only records does not load the schema
// library.

/** A legal hold, stored beside its recording. */
export const HOLD_SCHEMA = z.object({ schema: z.literal('jackfield.hold/1'), reason: z.string() });

/** An event of the outbox. */
export const KEPT_SCHEMA = z.object({
  event: z.object({ id: z.string(), type: z.string(), at: z.string(), data: z.unknown() }),
  channel: z.string(),
  attempts: z.number().int().nonnegative(),
  /** Unix time in ms. */
  notBefore: z.number().nonnegative(),
  lastError: z.string().optional(),
});

/** The plan of a publication. */
export const PLAN_SCHEMA = z.object({
  schema: z.literal('jackfield.publication/1'),
  /** Id of the event. */
  id: z.string(),
  type: z.string(),
  /** Suffixes of the outputs that were made, appended to the recording's name. */
  suffixes: z.array(z.string().regex(/^\.[a-z0-9]+(\.wav)?$/)),
  /** Outputs that could not be made. */
  unmade: z.array(z.object({ format: z.string(), reason: z.string() })),
  /** Path of the audio in the folder, set once all files are in place. */
  published: z.string().optional(),
});
