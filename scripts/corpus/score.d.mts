import type { AnalysisReport } from '../../src/analysis/analysis-report.js';
import type { Truth } from './corpus.mjs';

export class Tally {
  truth: number;
  found: number;
  right: number;
  errors: number[];
  get precision(): number;
  get recall(): number;
  error(part: number): number;
}
export function score(
  truth: Truth,
  report: AnalysisReport,
  tallies: Map<string, Tally>,
  suffix?: string,
): void;
