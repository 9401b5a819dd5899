import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisReport, LegReport, TalkReport } from '../../src/analysis/analysis-report.js';
import { ConversationAnalysis } from '../../src/analysis/conversation-analysis.js';
import { analyseFile } from '../../src/analysis/files/analyse-file.js';
import { transcriptOf } from '../../src/analysis/words/conversation-transcript.js';
import { withWords } from '../../src/analysis/words/with-words.js';
import type { LineQuality } from '../../src/base/line-quality.js';
import type { LedgerSpan } from '../../src/stream/align/ledger.js';
import { dtmfSamples, encodeWav, mergeChannels, toneSamples } from '../../src/voice.js';
import { murmur } from './murmur.js';
import { segment } from './words/scripted.js';

const RATE = 16_000;
const SECONDS = 40;

/** Seconds in which each leg speaks; the rest is soft noise. */
const LOCAL: readonly (readonly [number, number])[] = [
  [1, 3],
  [3.5, 5], // a pause of 500 ms
  [8, 11], // is interrupted at 10.4
  [16, 20], // the other says mhm at 17
  [22, 25], // both begin at 22; this leg goes on
];
const REMOTE: readonly (readonly [number, number])[] = [
  [5.4, 7.5], // answers after 400 ms
  [10.4, 14],
  [17, 17.4],
  [22.1, 23],
];
const KEYS_AT = 33;
const BEEP_AT = 36;

const legs = [murmur(SECONDS, LOCAL, 1), murmur(SECONDS, REMOTE, 2)];
legs[1]?.set(dtmfSamples('12#', { toneMs: 80, pauseMs: 80 }), KEYS_AT * RATE);
legs[1]?.set(toneSamples({ frequency: 1400, durationMs: 400, levelDbfs: -14 }), BEEP_AT * RATE);
const LEDGERS: readonly (readonly LedgerSpan[])[] = [
  [
    { from: 0, samples: 27 * RATE, kind: 'received' },
    { from: 27 * RATE, samples: RATE, kind: 'idle', reason: 'hold' },
    { from: 28 * RATE, samples: 2 * RATE, kind: 'masked', reason: 'card-spoken' },
    { from: 30 * RATE, samples: 3 * RATE, kind: 'missing', reason: 'lost' },
  ],
  [],
];
const TRANSCRIPT = transcriptOf(
  [
    {
      ...segment([
        ['can', 1, 1.5],
        ['you', 1.5, 2],
        ['hear', 3.5, 4],
        ['me?', 4, 5],
      ]),
      leg: 0,
    },
    { ...segment([['yes', 5.4, 7.5]]), leg: 1 },
  ],
  { sampleRate: RATE },
);

const sum = (spans: readonly (readonly [number, number])[]) =>
  spans.reduce((all, [from, to]) => all + (to - from) * 1000, 0);

for (const at of [30, 30.5]) legs[0]?.fill(32_767, at * RATE, at * RATE + 10);

/** Mean square of a leg in some stretches, in dBFS. */
function level(
  leg: Int16Array | undefined,
  spans: readonly (readonly [number, number])[] = [[0, SECONDS]],
): number {
  const parts = spans.map(([from, to]) => leg?.subarray(from * RATE, to * RATE) ?? new Int16Array());
  const squares = parts.reduce((all, part) => part.reduce((each, it) => each + it * it, all), 0);
  return 10 * Math.log10(squares / parts.reduce((all, { length }) => all + length, 0) / 32768 ** 2);
}

/** Noise of the legs: even between -30 and 30, of which half the power lies up to 4 kHz. */
const NOISE = 10 * Math.log10(30 ** 2 / 3 / 2 / 32768 ** 2);
/** Stretches of the remote leg with sound: P.56 takes tones in as well. */
const HEARD = [...REMOTE, [KEYS_AT, KEYS_AT + 0.4], [BEEP_AT, BEEP_AT + 0.4]] as const;
const peak = (leg: Int16Array | undefined) =>
  20 * Math.log10((leg ?? new Int16Array()).reduce((most, it) => Math.max(most, Math.abs(it)), 0) / 32768);
const LINE: LineQuality = {
  codec: 'PCMU',
  packets: 2000,
  lost: 20,
  late: 0,
  duplicates: 0,
  jitterMs: 2,
  lossPercent: 1,
  burstRatio: 1,
  delayMs: 80,
  scale: 'narrowband',
  r: 89.6,
  mos: 4.3,
  basis: 'G.107',
};

/** Inputs of which a figure may have no value. */
type Input = 'silence' | 'one leg' | 'no line' | 'no words' | 'short';

/** A figure: what is true of it, how far off it may be, and the reason why it has no value of another input. */
interface Measure {
  readonly truth: unknown;
  readonly margin?: number;
  readonly none?: readonly [of: Input, reason: string];
}

const exactly = (truth: unknown, none?: Measure['none']): Measure => ({ truth, ...(none && { none }) });
const about = (truth: number, margin: number, none?: Measure['none']): Measure => ({
  ...exactly(truth, none),
  margin,
});
const ALONE = ['one leg', 'one-leg'] as const;
const SILENT = ['silence', 'no-speech'] as const;
const UNSAID = ['no words', 'no-words'] as const;

/** Every figure of a leg. Of a distribution its mean, of a list its length. */
const LEG: Readonly<Record<keyof LegReport, readonly [local: Measure, remote: Measure]>> = {
  speechMs: [about(sum(LOCAL), 500), about(sum(REMOTE), 400)],
  speechRatio: [about(sum(LOCAL) / 40_000, 0.02), about(sum(REMOTE) / 40_000, 0.02)],
  talkRatio: [about(13.5 / 20.5, 0.03, SILENT), about(7 / 20.5, 0.03, ALONE)],
  unitsMs: [about(2700, 200, SILENT), about(1750, 200)],
  pausesMs: [about(1250, 200, ['silence', 'no-pauses']), exactly({ notComputable: 'no-pauses' })],
  turns: [exactly(3), exactly(2, ALONE)],
  longestMonologueMs: [about(9000, 300, SILENT), about(3600, 300, ALONE)],
  interruptionsMade: [exactly(0), exactly(1, ALONE)],
  interruptionsSuffered: [exactly(1), exactly(0, ALONE)],
  failedBargeIns: [exactly(0), exactly(0, ALONE)],
  backchannels: [exactly(0), exactly(1, ALONE)],
  responseMs: [about(1250, 150, ['silence', 'no-changes']), about(400, 100, ALONE)],
  words: [exactly(4, UNSAID), exactly(1)],
  wordsPerMinute: [about((4 * 60) / 13.5, 1.5, UNSAID), about(60 / 7, 1.5)],
  questions: [exactly(1, UNSAID), exactly(0)],
  answerMs: [exactly({ notComputable: 'no-answers' }, ALONE), about(400, 100, UNSAID)],
  activeLevelDbov: [about(level(legs[0], LOCAL), 1.5, SILENT), about(level(legs[1], HEARD), 1.5)],
  loudnessLufs: [about(level(legs[0], LOCAL), 5, ['silence', 'too-short']), about(level(legs[1], REMOTE), 5)],
  rmsDbfs: [about(level(legs[0]), 0.001, ['silence', 'digital-silence']), about(level(legs[1]), 0.001)],
  peakDbfs: [about(0, 0.001, ['silence', 'digital-silence']), about(peak(legs[1]), 0.001)],
  noiseFloorDbfs: [about(NOISE, 2, ['silence', 'digital-silence']), about(NOISE, 2)],
  snrDb: [about(level(legs[0], LOCAL) - NOISE, 3, SILENT), about(level(legs[1], HEARD) - NOISE, 3, SILENT)],
  clippedSamples: [exactly(20), exactly(0)],
  clippedRuns: [exactly(2), exactly(0)],
  dcOffset: [about(0, 0.001), about(0, 0.001)],
  echo: [exactly(null, ['short', 'too-short']), exactly(null, ALONE)],
  quality: [exactly(undefined), exactly({ notComputable: 'no-packets' }, ['no line', 'no-packets'])],
  musicMs: [exactly(0), exactly(0)],
  keys: [exactly(''), exactly('12#')],
  holdMs: [exactly(1000), exactly(0)],
  maskedMs: [exactly(2000), exactly(0)],
  missingMs: [exactly(3000), exactly(0)],
  speech: [exactly(LOCAL.length), exactly(REMOTE.length)],
  music: [exactly(0), exactly(0)],
  tones: [exactly(0), exactly(1)],
  pressed: [exactly(0), exactly(3)],
};

/** Every figure of the conversation. */
const TALK: Readonly<Record<keyof TalkReport, Measure>> = {
  silenceMs: about(21_400, 500),
  silenceRatio: about(21.4 / 40, 0.02),
  longestSilenceMs: about(15_000, 150),
  overlapMs: about(1900, 300, ALONE),
  overlaps: exactly(3, ALONE),
  transferOffsetsMs: about((400 + 500 - 600 + 2000) / 4, 100, ['silence', 'no-changes']),
  gapsMs: about((400 + 500 + 2000) / 3, 100, ALONE),
  overlappedTransfers: about(1 / 4, 0, ALONE),
  interruptions: exactly(1, ALONE),
  dualStarts: exactly(1, ALONE),
  deadAir: exactly(1),
  deadAirMs: about(15_000 - 6000 - 240 - 400, 200),
  longestDeadAirMs: about(15_000 - 6000 - 240 - 400, 200),
  events: exactly(6),
  turns: exactly(5),
  alerts: exactly(1),
};

/** A report of the call, in pieces. */
function report(of: readonly Int16Array[], piece: number, notes: boolean): AnalysisReport {
  const analysis = new ConversationAnalysis({ legs: of.length });
  if (notes) {
    analysis.noteQuality(0, LINE);
    for (const [leg, spans] of LEDGERS.entries()) for (const span of spans) analysis.note(leg as 0 | 1, span);
  }
  for (let at = 0; at < (of[0]?.length ?? 0); at += piece)
    analysis.push(of.map((leg) => leg.subarray(at, at + piece)));
  analysis.end();
  return analysis.report();
}

const KEYWORDS = { keywords: [{ phrase: 'hear me' }] };
const whole = withWords(report(legs, SECONDS * RATE, true), TRANSCRIPT, KEYWORDS);
const quiet = new Int16Array(10 * RATE);
const OTHERS: Readonly<Record<Input, AnalysisReport>> = {
  silence: report([quiet, quiet], quiet.length, false),
  'one leg': report(legs.slice(0, 1), RATE, false),
  'no line': report(legs, RATE, false),
  'no words': report(legs, RATE, false),
  short: report([quiet.subarray(0, 800), quiet.subarray(0, 800)], 800, false),
};

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null && 'mean' in value ? value.mean : value;
}

/** Holds a figure to its truth, and to its reason where it has no value. */
function expectFigure(
  name: string,
  found: unknown,
  measure: Measure,
  other: (input: Input) => unknown,
): void {
  const { truth, margin, none } = measure;
  if (margin === undefined) {
    if (truth !== undefined) expect(plain(found), name).toEqual(truth);
  } else {
    expect(typeof plain(found), name).toBe('number');
    expect(
      Math.abs(Number(plain(found)) - Number(truth)),
      `${name}: ${plain(found)} for ${truth}`,
    ).toBeLessThanOrEqual(margin);
  }
  if (none) expect(other(none[0]), `${name} of ${none[0]}`).toEqual({ notComputable: none[1] });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-measures-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('every figure of an analysis', () => {
  it.each(Object.entries(LEG))(
    '%s of a leg is right, or has the reason why it cannot be computed',
    (name, both) => {
      const key = name as keyof LegReport;
      for (const [leg, measure] of both.entries())
        expectFigure(
          name,
          whole.legs[leg]?.[key],
          measure,
          (input) => (OTHERS[input].legs[leg] ?? OTHERS[input].legs[0])?.[key],
        );
    },
  );

  it.each(Object.entries(TALK))(
    '%s of the conversation is right, or has the reason why it cannot be computed',
    (name, measure) => {
      const key = name as keyof TalkReport;
      expectFigure(name, whole.talk[key], measure, (input) => OTHERS[input].talk[key]);
    },
  );

  it('has the quality of its line', () => {
    const { scale, r, mos, basis, codec, lossPercent, jitterMs, delayMs } = LINE;
    expect(whole.legs[0]?.quality).toEqual({ scale, r, mos, basis, codec, lossPercent, jitterMs, delayMs });
  });

  it('has a row in the table of this test, and one in the docs with its basis and its reasons', async () => {
    expect(new Set(whole.legs.flatMap((leg) => Object.keys(leg)))).toEqual(new Set(Object.keys(LEG)));
    expect(new Set(Object.keys(whole.talk))).toEqual(new Set(Object.keys(TALK)));
    const rows = (await readFile('docs/analysis.md', 'utf8'))
      .split('\n')
      .filter((line) => /^\| `.* \| .* \| .* \| .* \|$/.test(line))
      .map((line) => line.split(' | '));
    const table = [
      ...Object.entries(LEG),
      ...Object.entries(TALK).map(([name, measure]) => [name, [measure]] as const),
    ];
    for (const [name, measures] of table) {
      const row = rows.find(([names]) => names?.includes(`\`${name}\``));
      expect(row, `${name} in docs/analysis.md`).toBeDefined();
      expect(row?.[2], `basis of ${name}`).toMatch(/samples|ledger|words|packets/);
      for (const { none } of measures)
        if (none) expect(row?.[3], `none of ${name}`).toContain(`\`${none[1]}\``);
    }
  });

  it('is the same live, for any cut of the input, and from the file', async () => {
    for (const piece of [320, 4321])
      expect(withWords(report(legs, piece, true), TRANSCRIPT, KEYWORDS)).toEqual(whole);
    const file = join(folder, 'call.wav');
    await writeFile(file, encodeWav(mergeChannels(legs), { format: { sampleRate: RATE, channels: 2 } }));
    const after = await analyseFile(file, { ledgers: LEDGERS, qualities: [LINE] });
    expect(withWords(after, TRANSCRIPT, KEYWORDS)).toEqual(whole);
  });
});

/** Minutes of sound that is all alike: a whole hour where it is asked for. */
const MINUTES = Number(process.env['JACKFIELD_LONG_MINUTES'] ?? 2);

describe('minutes of sound that is all alike', () => {
  const RATES = 8000;
  /** The report of a leg of the same second again and again, beside an empty one. */
  const again = (second: Int16Array) => {
    const analysis = new ConversationAnalysis({ sampleRate: RATES });
    const empty = new Int16Array(second.length);
    for (let at = 0; at < MINUTES * 60; at++) analysis.push([second, empty]);
    analysis.end();
    return analysis.report();
  };
  const fault = /NaN|Infinity|null(?!ified)/;

  it('that are clipped: the samples are counted, and a level that cannot be known has a reason', () => {
    const found = again(Int16Array.from({ length: RATES }, (_, i) => (i % 16 < 8 ? 32_767 : -32_768)));
    const [clipped] = found.legs;
    expect(clipped?.clippedSamples).toBe(MINUTES * 60 * RATES);
    expect(clipped?.clippedRuns).toBe((MINUTES * 60 * RATES) / 8);
    expect(clipped?.peakDbfs).toBeCloseTo(0, 3);
    expect(clipped?.rmsDbfs).toBeCloseTo(0, 3);
    expect(found.durationMs).toBe(MINUTES * 60_000);
    expect(JSON.stringify({ ...found, legs: found.legs.map(({ echo: _, ...leg }) => leg) })).not.toMatch(
      fault,
    );
  });

  it('that are silent: figures have reasons, and there is one stretch of dead air', () => {
    const found = again(new Int16Array(RATES));
    expect(found.talk).toMatchObject({ silenceRatio: 1, deadAirMs: MINUTES * 60_000, overlaps: 0 });
    expect(found.legs[0]?.rmsDbfs).toEqual({ notComputable: 'digital-silence' });
    expect(JSON.stringify({ ...found, legs: found.legs.map(({ echo: _, ...leg }) => leg) })).not.toMatch(
      fault,
    );
  });
});
