import { z } from 'zod';
import type { Rule } from './check.js';

/** Makes the schema of a number in a configuration from the rule of the option that it becomes: one range for both. */
export function ranged({ expected, range }: Rule): z.ZodNumber {
  if (!range) throw new TypeError(`"${expected}" is not a range.`);
  const { from, to, isWhole } = range;
  return (isWhole ? z.int() : z.number()).min(from).max(to);
}
