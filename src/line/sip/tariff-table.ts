import type { Tariff } from '../../switch/attempt.js';

/** Tariff of the numbers that begin with `prefix`. */
export interface TariffRow extends Tariff {
  /** A `+` and digits; `+` alone matches every number. */
  readonly prefix: string;
}

/** Finds the tariff of a number by the longest prefix that matches; undefined when none does. */
export function tariffOf(rows: readonly TariffRow[], number: string): Tariff | undefined {
  const [best] = rows
    .filter(({ prefix }) => number.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return best && { rate: best.rate, precision: best.precision, currency: best.currency };
}
