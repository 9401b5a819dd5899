/**
 * Reasons why a line made up a stretch of what its party says. `lost`: packets never came. `late`: they came after their
 * time, and were left out. `held-up`: nothing came, and what was said came after it. `not-sent`: the party has sent
 * nothing. `stalled`: nothing has come since.
 */
export type MadeUpReason = 'lost' | 'late' | 'held-up' | 'not-sent' | 'stalled';
export const MADE_UP_REASONS = [
  'lost',
  'late',
  'held-up',
  'not-sent',
  'stalled',
] as const satisfies readonly MadeUpReason[];
