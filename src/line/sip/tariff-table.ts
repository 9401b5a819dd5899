import type { Tariff } from '../../switch/attempt.js';

/** Tariff of the numbers that begin with `prefix`. */
export interface TariffRow extends Tariff {
  /** A `+` and digits; `+` alone is for all. */
  readonly prefix: string;
}

/** The tariff of a number: that of the longest prefix; nothing where none fits. */
export function tariffOf(rows: readonly TariffRow[], number: string): Tariff | undefined {
  const [best] = rows
    .filter(({ prefix }) => number.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return best && { rate: best.rate, precision: best.precision, currency: best.currency };
}
