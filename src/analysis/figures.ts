import type { Distribution, Figure, NotComputable, NotComputableReason } from './analysis-report.js';

/** Computes the distribution of lengths. Without lengths it returns `reason`. */
export function distribution(values: readonly number[], reason: NotComputableReason): Figure<Distribution> {
  if (values.length === 0) return none(reason);
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: rank(0.5),
    p95: rank(0.95),
    least: rank(0),
    most: rank(1),
  };
}

/** Makes a figure that cannot be computed. */
export function none(reason: NotComputableReason): NotComputable {
  return { notComputable: reason };
}
