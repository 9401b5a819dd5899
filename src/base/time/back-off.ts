/** Pauses between attempts: each is twice as long as the one before. */
export interface BackOff {
  readonly firstMs: number;
  /** Default: no limit. */
  readonly longestMs?: number;
}

/** Most doublings. They exceed every limit, and stay finite: 0 ms times `Infinity` would be NaN. */
const MAX_DOUBLINGS = 64;

/** Milliseconds to pause after `failures` attempts in a row that failed; 0 before the first. */
export function backOffMs(failures: number, { firstMs, longestMs = Infinity }: BackOff): number {
  if (failures < 1) return 0;
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
}
