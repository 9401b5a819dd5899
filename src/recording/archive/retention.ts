import { checkOptions, type Rules, within } from '../../base/check.js';

/** Rules for deletion: an item may go when any rule that is given lets it go. */
export interface RetentionRules {
  /** Age beyond which an item may go, in days. */
  readonly maxAgeDays?: number;
  /** The oldest beyond this size of all together, in bytes. */
  readonly maxBytes?: number;
}

/** The facts that retention goes by. */
export interface Retained {
  /** Time of its beginning, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Bytes that its removal would free. */
  readonly bytes: number;
  /** Under legal hold: it stays, whatever the rules say. */
  readonly held: boolean;
}

const DAY_MS = 86_400_000;

/** The rules of {@link RetentionRules}. */
export const RETENTION: Rules<RetentionRules> = {
  maxAgeDays: within(0, Infinity, 'days'),
  maxBytes: within(0, Infinity, 'bytes'),
};

/**
 * Yields the items that the rules let go, oldest first, none under legal hold. Held items still count as size.
 *
 * @param items Oldest first.
 * @param totalBytes Of all items together, those that are held included.
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
