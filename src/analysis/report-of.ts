import type { LineQuality } from '../base/line-quality.js';
import type { LedgerSpan } from '../stream/align/ledger.js';
import type { AnalysisReport, Figure, LegQuality, LegReport, TalkReport } from './analysis-report.js';
import type { ResolvedConversation } from './conversation-options.js';
import { distribution, none } from './figures.js';
import type { EchoReturn } from './leg/echo-meter.js';
import type { LegAnalysis } from './leg/leg-analysis.js';
import type { NoiseLevel } from './leg/noise-level.js';
import type { LegLevels } from './leg/sound-meter.js';
import type { Span } from './speech-units.js';
import { deadAirOf, overlapsOf, silencesOf } from './turns/silences.js';
import { type LegIndex, type Turns, turnsOf } from './turns/turn-events.js';
import { noWords } from './words/with-words.js';

/** Parts from which a report is made. */
export interface ReportParts {
  readonly options: ResolvedConversation;
  readonly legs: readonly LegAnalysis[];
  /** Of each leg. */
  readonly levels: readonly LegLevels[];
  readonly ledgers: readonly (readonly LedgerSpan[])[];
  /** Quality of the line of each leg, where it is known. */
  readonly qualities: readonly (LineQuality | undefined)[];
  /** Echo of the other leg in each leg; undefined where it is not known yet, null where there is none. */
  readonly echoes: readonly (EchoReturn | null | undefined)[];
}

/** Longest silence after a backchannel before the other goes on, in ms. */
const RESUME_MS = 1000;

/** Makes the report of what was heard so far, without its words. */
export function reportOf(parts: ReportParts): AnalysisReport {
  const { options, legs, levels } = parts;
  const { sampleRate } = options;
  const samples = Math.max(0, ...levels.map(({ samples }) => samples.count));
  const speech = legs.map((leg) => leg.units);
  const [first = [], second = []] = speech;
  const toSamples = (ms: number) => Math.round((ms * sampleRate) / 1000);
  const turns = turnsOf([first, second], {
    backchannel: toSamples(options.backchannelMs),
    interruption: toSamples(options.interruptionMs),
    dualStart: toSamples(options.dualStartMs),
    resume: toSamples(RESUME_MS),
    lapse: toSamples(options.deadAirMs),
  });
  const context = { ...parts, samples, speech, turns };
  return {
    schema: 'jackfield.analysis/1',
    sampleRate,
    samples,
    durationMs: (samples * 1000) / sampleRate,
    speechDetector: options.speechDetector,
    legs: legs.map((_, leg) => legReport(context, leg as LegIndex)),
    talk: talkReport(context),
    said: [],
  };
}

interface Context extends ReportParts {
  readonly samples: number;
  readonly speech: readonly (readonly Span[])[];
  readonly turns: Turns;
}

function legReport(context: Context, index: LegIndex): LegReport {
  const { options, legs, ledgers, echoes, samples, turns } = context;
  const leg = legs[index] as LegAnalysis;
  const { sampleRate } = options;
  const ms = (count: number) => (count * 1000) / sampleRate;
  const speech = context.speech[index] ?? [];
  const said = context.speech.map(total);
  const spoken = said[index] ?? 0;
  const all = said.reduce((sum, each) => sum + each, 0);
  const ofBoth = <T>(value: T): Figure<T> => (legs.length === 2 ? value : none('one-leg'));
  const count = (kind: string, by: LegIndex) =>
    ofBoth(turns.events.filter((event) => event.kind === kind && event.leg === by).length);
  const other = (1 - index) as LegIndex;
  const own = turns.turns.filter((turn) => turn.leg === index);
  const responses = turns.events.flatMap((event) =>
    event.kind === 'transfer' && event.leg === index && event.offset >= 0 ? [ms(event.offset)] : [],
  );
  const ledger = ledgers[index] ?? [];
  const lasting = (accepts: (span: LedgerSpan) => boolean) =>
    ms(ledger.filter(accepts).reduce((sum, span) => sum + span.samples, 0));
  return {
    speechMs: ms(spoken),
    speechRatio: samples === 0 ? 0 : spoken / samples,
    talkRatio: legs.length < 2 ? none('one-leg') : all === 0 ? none('no-speech') : spoken / all,
    unitsMs: distribution(
      speech.map(({ from, to }) => ms(to - from)),
      'no-speech',
    ),
    pausesMs: distribution(pausesIn(own, speech).map(ms), 'no-pauses'),
    turns: ofBoth(own.length),
    longestMonologueMs:
      legs.length < 2 ? none('one-leg') : own.length === 0 ? none('no-speech') : ms(longest(own)),
    interruptionsMade: count('interruption', index),
    interruptionsSuffered: count('interruption', other),
    failedBargeIns: count('failed-barge-in', index),
    backchannels: count('backchannel', index),
    responseMs: legs.length < 2 ? none('one-leg') : distribution(responses, 'no-changes'),
    ...levelsOf(context.levels[index] as LegLevels, leg.noise, spoken > 0),
    echo: echoFigure(legs.length, echoes[index]),
    quality: qualityFigure(context.qualities[index]),
    musicMs: ms(total(leg.music)),
    keys: leg.keys.map(({ digit }) => digit).join(''),
    holdMs: lasting(({ kind, reason }) => kind === 'idle' && reason === 'hold'),
    maskedMs: lasting(({ kind }) => kind === 'masked'),
    missingMs: lasting(({ kind }) => kind === 'missing'),
    ...noWords(),
    ...{ speech, music: leg.music, tones: leg.tonesBesideMusic, pressed: leg.keys },
  };
}

type Levels = Pick<
  LegReport,
  | 'activeLevelDbov'
  | 'loudnessLufs'
  | 'rmsDbfs'
  | 'peakDbfs'
  | 'noiseFloorDbfs'
  | 'snrDb'
  | 'clippedSamples'
  | 'clippedRuns'
  | 'dcOffset'
>;

function levelsOf(levels: LegLevels, noise: NoiseLevel, hasSpeech: boolean): Levels {
  const { samples } = levels;
  const active = levels.active.read();
  const { integratedLufs } = levels.loudness.read();
  const floor = noise.read();
  const noFloor = none(noise.silentFrames > noise.frames ? 'digital-silence' : 'no-pauses');
  const snr = () => {
    if (!active || !hasSpeech) return none('no-speech');
    return floor === undefined ? noFloor : active.dbov - floor;
  };
  return {
    activeLevelDbov: active && hasSpeech ? active.dbov : none('no-speech'),
    loudnessLufs: Number.isFinite(integratedLufs) ? integratedLufs : none('too-short'),
    rmsDbfs: samples.squares > 0 ? decibels(samples.squares / samples.count) : none('digital-silence'),
    peakDbfs: samples.peak > 0 ? decibels(samples.peak ** 2) : none('digital-silence'),
    noiseFloorDbfs: floor ?? noFloor,
    snrDb: snr(),
    clippedSamples: samples.clippedSamples,
    clippedRuns: samples.clippedRuns,
    dcOffset: samples.count === 0 ? 0 : samples.sum / samples.count / 32768,
  };
}

function talkReport({ options, legs, ledgers, samples, speech, turns }: Context): TalkReport {
  const ms = (count: number) => (count * 1000) / options.sampleRate;
  const [first = [], second = []] = speech;
  const ofBoth = <T>(value: T): Figure<T> => (legs.length === 2 ? value : none('one-leg'));
  const silences = silencesOf(speech, samples);
  const overlaps = overlapsOf(first, second);
  const sounds = legs.flatMap((leg) => [...leg.music, ...leg.tones, ...leg.keys]);
  const threshold = (options.deadAirMs * options.sampleRate) / 1000;
  const deadAir = silences
    .filter(({ from, to }) => to - from >= threshold)
    .map((silence) => deadAirOf(silence, ledgers, sounds));
  const offsets = turns.events.flatMap((event) => ('offset' in event ? [ms(event.offset)] : []));
  const quiet = total(silences);
  const transfers = (values: readonly number[]) =>
    legs.length < 2 ? none('one-leg') : distribution(values, 'no-changes');
  const part = offsets.filter((offset) => offset < 0).length / Math.max(1, offsets.length);
  const countOf = (kind: string) => ofBoth(turns.events.filter((event) => event.kind === kind).length);
  return {
    silenceMs: ms(quiet),
    silenceRatio: samples === 0 ? 0 : quiet / samples,
    longestSilenceMs: ms(longest(silences)),
    overlapMs: ofBoth(ms(total(overlaps))),
    overlaps: ofBoth(overlaps.length),
    transferOffsetsMs: transfers(offsets),
    gapsMs: transfers(offsets.filter((offset) => offset >= 0)),
    overlappedTransfers: legs.length < 2 ? none('one-leg') : offsets.length === 0 ? none('no-changes') : part,
    interruptions: countOf('interruption'),
    dualStarts: countOf('dual-start'),
    deadAir,
    deadAirMs: ms(deadAir.reduce((sum, { silent }) => sum + silent, 0)),
    longestDeadAirMs: ms(deadAir.reduce((most, { silent }) => Math.max(most, silent), 0)),
    events: turns.events,
    turns: turns.turns,
    alerts: [],
  };
}

function echoFigure(legs: number, echo: EchoReturn | null | undefined): Figure<EchoReturn | null> {
  if (legs < 2) return none('one-leg');
  return echo === undefined ? none('too-short') : echo;
}

function qualityFigure(quality: LineQuality | undefined): Figure<LegQuality> {
  if (!quality) return none('no-packets');
  const { scale, basis, codec, lossPercent, jitterMs, delayMs } = quality;
  const { r = none('codec-unknown'), mos = none('codec-unknown') } = quality;
  return { scale, r, mos, basis, codec, lossPercent, jitterMs, delayMs };
}

/** Silences between two units of the same turn. */
function pausesIn(turns: readonly Span[], units: readonly Span[]): number[] {
  return turns.flatMap((turn) => {
    const own = units.filter(({ from, to }) => from >= turn.from && to <= turn.to);
    return own.slice(1).map(({ from }, i) => from - (own[i] as Span).to);
  });
}

/** Converts a mean square in s16 steps to dBFS. */
function decibels(meanSquare: number): number {
  return 10 * Math.log10(meanSquare / 32768 ** 2);
}

function total(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

function longest(spans: readonly Span[]): number {
  return spans.reduce((most, { from, to }) => Math.max(most, to - from), 0);
}
