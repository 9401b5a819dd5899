import type { AnalysisReport, Distribution, Figure, LegQuality } from '../../analysis.js';

/** A figure of a report, with its name in CSV and tables. */
export interface AnalysisColumn {
  readonly name: string;
  readonly title: string;
  /** Value in the report's units; undefined when it cannot be computed. */
  readonly of: (report: AnalysisReport) => number | string | undefined;
}

/** The columns of CSV, in order. Durations are in milliseconds. */
export const COLUMNS: readonly AnalysisColumn[] = [
  { name: 'duration_ms', title: 'length', of: ({ durationMs }) => durationMs },
  { name: 'silence_ratio', title: 'silence', of: ({ talk }) => talk.silenceRatio },
  { name: 'dead_air_ms', title: 'dead air', of: ({ talk }) => talk.deadAirMs },
  { name: 'longest_dead_air_ms', title: 'longest dead air', of: ({ talk }) => talk.longestDeadAirMs },
  { name: 'overlap_ms', title: 'overlap', of: ({ talk }) => numberOf(talk.overlapMs) },
  {
    name: 'changes_of_speaker',
    title: 'changes of speaker',
    of: ({ talk }) => part(talk.transferOffsetsMs, 'count'),
  },
  {
    name: 'offset_median_ms',
    title: 'offset, median',
    of: ({ talk }) => part(talk.transferOffsetsMs, 'median'),
  },
  { name: 'offset_p95_ms', title: 'offset, 95 %', of: ({ talk }) => part(talk.transferOffsetsMs, 'p95') },
  { name: 'interruptions', title: 'interruptions', of: ({ talk }) => numberOf(talk.interruptions) },
  { name: 'dual_starts', title: 'dual starts', of: ({ talk }) => numberOf(talk.dualStarts) },
  { name: 'alerts', title: 'keywords', of: ({ talk }) => talk.alerts.map(({ name }) => name).join('; ') },
  ...(['local', 'remote'] as const).flatMap((leg, index) => legColumns(leg, index)),
];

function legColumns(leg: string, index: number): AnalysisColumn[] {
  const of = (
    name: string,
    title: string,
    value: (leg: AnalysisReport['legs'][number]) => number | string | undefined,
  ): AnalysisColumn => ({
    name: `${leg}_${name}`,
    title: `${leg}: ${title}`,
    of: ({ legs }) => {
      const found = legs[index];
      return found && value(found);
    },
  });
  return [
    of('speech_ms', 'speech', ({ speechMs }) => speechMs),
    of('talk_ratio', 'talk ratio', ({ talkRatio }) => numberOf(talkRatio)),
    of('turns', 'turns', ({ turns }) => numberOf(turns)),
    of('longest_monologue_ms', 'longest monologue', ({ longestMonologueMs }) => numberOf(longestMonologueMs)),
    of('interruptions_made', 'interruptions made', ({ interruptionsMade }) => numberOf(interruptionsMade)),
    of('failed_barge_ins', 'failed barge-ins', ({ failedBargeIns }) => numberOf(failedBargeIns)),
    of('backchannels', 'backchannels', ({ backchannels }) => numberOf(backchannels)),
    of('response_median_ms', 'response, median', ({ responseMs }) => part(responseMs, 'median')),
    of('response_p95_ms', 'response, 95 %', ({ responseMs }) => part(responseMs, 'p95')),
    of('words', 'words', ({ words }) => numberOf(words)),
    of('words_per_minute', 'words a minute', ({ wordsPerMinute }) => numberOf(wordsPerMinute)),
    of('questions', 'questions', ({ questions }) => numberOf(questions)),
    of('answer_median_ms', 'silence before an answer, median', ({ answerMs }) => part(answerMs, 'median')),
    of('active_level_dbov', 'active level', ({ activeLevelDbov }) => numberOf(activeLevelDbov)),
    of('noise_floor_dbfs', 'noise floor', ({ noiseFloorDbfs }) => numberOf(noiseFloorDbfs)),
    of('snr_db', 'signal to noise', ({ snrDb }) => numberOf(snrDb)),
    of('clipped_samples', 'clipped samples', ({ clippedSamples }) => clippedSamples),
    of('echo_db', 'echo', ({ echo }) =>
      echo === null ? 'none' : 'levelDb' in echo ? echo.levelDb : undefined,
    ),
    of('echo_delay_ms', 'echo delay', ({ echo }) => (echo && 'delayMs' in echo ? echo.delayMs : undefined)),
    of('r', 'R of the line', (each) => numberOf(qualityOf(each).r)),
    of('mos', 'MOS of the line', (each) => numberOf(qualityOf(each).mos)),
    of('quality_scale', 'scale of R', (each) => qualityOf(each).scale),
    of('quality_basis', 'basis of R', (each) => qualityOf(each).basis),
    of('music_ms', 'music', ({ musicMs }) => musicMs),
    of('hold_ms', 'hold', ({ holdMs }) => holdMs),
    of('masked_ms', 'masked', ({ maskedMs }) => maskedMs),
    of('missing_ms', 'missing', ({ missingMs }) => missingMs),
    of('tones', 'tones', ({ tones }) => tones.map(({ kind }) => kind).join(' ')),
  ];
}

/** The line quality of a leg; empty when unknown, as in analyses of earlier versions. */
function qualityOf({ quality }: AnalysisReport['legs'][number]): Partial<LegQuality> {
  return quality && 'basis' in quality ? quality : {};
}

function numberOf(figure: Figure | undefined): number | undefined {
  return typeof figure === 'number' ? figure : undefined;
}

function part(figure: Figure<Distribution>, name: 'count' | 'median' | 'p95'): number | undefined {
  return 'notComputable' in figure ? undefined : figure[name];
}

/** Formats a value for a table. */
export function shownValue(name: string, value: number | string | undefined): string {
  if (value === undefined) return 'not computable';
  if (typeof value === 'string') return value === '' ? '-' : value;
  if (name.endsWith('_ratio')) return `${(value * 100).toFixed(1)} %`;
  if (
    name.includes('offset') ||
    name.includes('response') ||
    name.includes('answer') ||
    name.includes('delay')
  )
    return `${value.toFixed(0)} ms`;
  if (name.endsWith('_ms')) return `${(value / 1000).toFixed(1)} s`;
  if (/_db|dbov|dbfs/.test(name))
    return `${value.toFixed(1)} ${name
      .slice(name.lastIndexOf('_') + 1)
      .replace('db', 'dB')
      .replace('dBfs', 'dBFS')}`;
  return String(value);
}
