import type { Tally } from './score.mjs';

/** Figures of a row of docs/analysis.md. */
export interface Published {
  readonly precision: number | undefined;
  readonly recall: number | undefined;
  readonly error: number | undefined;
  readonly found: number | undefined;
}

export function published(detector: 'levels' | 'neural'): Promise<ReadonlyMap<string, Published>>;
export function worse(
  figures: ReadonlyMap<string, Published>,
  tallies: ReadonlyMap<string, Tally>,
): readonly string[];
