import { checkOptions, type Rules, within } from '../../base/check.js';

/** Rules for deletion. An item may be deleted when one of the given rules allows it. */
export interface RetentionRules {
  /** Age above which an item may be deleted, in days. */
  readonly maxAgeDays?: number;
  /** Total size above which the oldest items may be deleted, in bytes. */
  readonly maxBytes?: number;
}

/** The facts of an item that retention depends on. */
export interface Retained {
  /** Start time, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Bytes that its removal would free. */
  readonly bytes: number;
  /** True when under legal hold: it is never deleted. */
  readonly held: boolean;
}

const DAY_MS = 86_400_000;

/** The rules of {@link RetentionRules}. */
export const RETENTION: Rules<RetentionRules> = {
  maxAgeDays: within(0, Infinity, 'days'),
  maxBytes: within(0, Infinity, 'bytes'),
};

/**
 * Yields the items that may be deleted, oldest first. Items under legal hold are left out, but count towards the size.
 *
 * @param items Oldest first.
 * @param totalBytes Size of all items, including held ones.
 * @throws ERR_INVALID_ARG for a rule out of range.
 */
export function* expendable<T>(
  items: Iterable<T>,
  factsOf: (item: T) => Retained,
  rules: RetentionRules,
  { totalBytes, nowMs }: { readonly totalBytes: number; readonly nowMs: number },
): Generator<T, void, undefined> {
  checkOptions(rules, RETENTION, 'retention.');
  const { maxAgeDays = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = rules;
  const oldestMs = nowMs - maxAgeDays * DAY_MS;
  let bytes = totalBytes;
  for (const item of items) {
    const facts = factsOf(item);
    if (facts.atMs >= oldestMs && bytes <= maxBytes) return;
    if (facts.held) continue;
    bytes -= facts.bytes;
    yield item;
  }
}
