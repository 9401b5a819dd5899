/**
 * Reasons for which a line concealed a stretch of its party's voice. `lost`: packets never came. `late`: packets came
 * after their playout time and were discarded. `held-up`: nothing came for a while, and the delayed voice came after
 * it. `not-sent`: the party has sent nothing. `stalled`: nothing has come since.
 */
export type MadeUpReason = 'lost' | 'late' | 'held-up' | 'not-sent' | 'stalled';
export const MADE_UP_REASONS = [
  'lost',
  'late',
  'held-up',
  'not-sent',
  'stalled',
] as const satisfies readonly MadeUpReason[];
