import { msToSamples } from '../../base/pcm.js';

/** A chunk of a leg with its time of arrival. */
export interface TimedChunk {
  readonly atMs: number;
  /** Total time for which this process had been too busy to read until then, in ms. */
  readonly busyMs: number;
  /** Samples. */
  readonly count: number;
  /** Delay of its arrival against its position in the stream, in samples. */
  readonly delay: number;
  /** Part of the delay that may be due to waiting for a read, in samples. */
  readonly unseen: number;
}

/** Share of the time by which the delay of a stream falls when it catches up. */
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
