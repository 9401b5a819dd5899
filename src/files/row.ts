import { z } from 'zod';

/** Columns of tables, for the schemas of their rows. */

/** A boolean, stored as 0 or 1. */
export const flagColumn = z.literal([0, 1]).transform((value) => value === 1);

/** A value stored as JSON. */
export function json<S extends z.ZodType>(schema: S) {
  const parsed = z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('expected JSON');
      return z.NEVER;
    }
  });
  return parsed.pipe(schema);
}

/** A row with its key alone. */
export const KEY_ROW = z.object({ key: z.int() });

/** A row of one number, called `n`. */
export const NUMBER_ROW = z.object({ n: z.number() });
