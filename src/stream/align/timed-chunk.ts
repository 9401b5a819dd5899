import { msToSamples } from '../../base/pcm.js';

/** A chunk of a leg, and when it came. */
export interface TimedChunk {
  readonly atMs: number;
  /** Time that this process had been too busy to read by then, in ms, in all. */
  readonly busyMs: number;
  /** Samples. */
  readonly count: number;
  /** Delay of its arrival against its position in the stream, in samples. */
  readonly delay: number;
  /** Part of the delay for which it may have waited for a read, in samples. */
  readonly unseen: number;
}

/** A stream catches up when its delay falls by this share of the time. */
const CATCHING_UP = 0.1;

/** Number of reads that brought these chunks: chunks of the same time were read together. */
export function readsOf(chunks: readonly TimedChunk[]): number {
  return new Set(chunks.map(({ atMs }) => atMs)).size;
}

/** True when the delay of these chunks, oldest first, still falls. */
export function gains(chunks: readonly TimedChunk[], nowMs: number): boolean {
  const [first] = chunks;
  if (!first) return false;
  const middleMs = (first.atMs + nowMs) / 2;
  const least = (from: number, to: number) =>
    Math.min(...chunks.filter(({ atMs }) => atMs >= from && atMs <= to).map(({ delay }) => delay));
  const gained = least(first.atMs, middleMs) - least(middleMs, nowMs);
  return gained > Math.max(1, msToSamples(nowMs - first.atMs) * CATCHING_UP);
}
