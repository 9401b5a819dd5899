import { checkArgument, listOf, rule } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';

/** An event of a test. */
export interface TranscriptLine {
  /** Time since the test began, on its clock, in milliseconds. */
  readonly atMs: number;
  /** `bot`, or the handle of the person. */
  readonly who: string;
  readonly what: string;
}

/** Most lines that are kept. Later lines are dropped. */
const MAX_LINES = 10_000;

/** Records the events of a test with their times. */
export class TestTranscript {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #lines: TranscriptLine[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  get lines(): readonly TranscriptLine[] {
    return [...this.#lines];
  }

  add(who: string, what: string): void {
    if (this.#lines.length === MAX_LINES) return;
    this.#lines.push({ atMs: Math.round(this.#clock.now() - this.#startedAt), who, what });
  }

  toString(): string {
    return formatTranscript(this.#lines);
  }
}

const LINES = listOf(
  rule(
    'a line of a transcript',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      ['who', 'what'].every((name) => typeof Reflect.get(value, name) === 'string'),
  ),
);

/** Formats a transcript, one line for each event: `00:01.240 bot says welcome`. */
export function formatTranscript(lines: readonly TranscriptLine[]): string {
  checkArgument('lines', lines, LINES);
  const width = lines.reduce((most, { who }) => Math.max(most, who.length), 0);
  return lines.map(({ atMs, who, what }) => `${timeOf(atMs)}  ${who.padEnd(width)}  ${what}`).join('\n');
}

function timeOf(atMs: number): string {
  const minutes = Math.floor(atMs / 60_000);
  const seconds = (atMs % 60_000) / 1000;
  return `${String(minutes).padStart(2, '0')}:${seconds.toFixed(3).padStart(6, '0')}`;
}
