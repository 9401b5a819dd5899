import { expect, test } from 'vitest';
import { ConversationAnalysis } from '../../src/analysis/conversation-analysis.js';
import { dtmfSamples } from '../../src/voice/tone/dtmf.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { murmur } from './murmur.js';

const RATE = 16_000;

function analysed(legs: readonly Int16Array[], sampleRate = RATE, piece = RATE) {
  const analysis = new ConversationAnalysis({ legs: legs.length, sampleRate });
  const events = [];
  for (let at = 0; at < (legs[0]?.length ?? 0); at += piece)
    events.push(...analysis.push(legs.map((leg) => leg.subarray(at, at + piece))));
  events.push(...analysis.end());
  return { report: analysis.report(), events };
}

const first = murmur(20, [
  [1, 4],
  [8, 11],
]);
const second = murmur(
  20,
  [
    [4.3, 7.5],
    [10.4, 14],
  ],
  2,
);

test('the result does not depend on how the audio is cut', () => {
  const whole = analysed([first, second], RATE, first.length);
  for (const piece of [320, 1237, 48_000]) {
    const pieces = analysed([first, second], RATE, piece);
    expect(pieces.report).toEqual(whole.report);
    expect(pieces.events).toEqual(whole.events);
  }
});

test('speech, turns and overlaps are found where they are', () => {
  const { report, events } = analysed([first, second]);
  const { talk, legs } = report;
  expect(talk.events.map(({ kind, leg }) => [kind, leg])).toEqual([
    ['transfer', 1],
    ['transfer', 0],
    ['interruption', 1],
  ]);
  expect(legs[0]?.speech).toHaveLength(2);
  for (const [span, [from, to]] of [
    [legs[0]?.speech[0], [1, 4]],
    [legs[1]?.speech[1], [10.4, 14]],
  ] as const) {
    expect(Math.abs((span?.from ?? 0) / RATE - from)).toBeLessThan(0.05);
    expect(Math.abs((span?.to ?? 0) / RATE - to)).toBeLessThan(0.1);
  }
  expect(talk.deadAir).toHaveLength(1);
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'speech-began',
      'speech-ended',
      'overlap-began',
      'overlap-ended',
      'dead-air-began',
      'level',
    ]),
  );
  const told = events.filter(({ type }) => type === 'speech-ended');
  expect(told).toHaveLength(4);
});

test('silence and empty input have no figures that cannot be known', () => {
  for (const length of [0, 1, 100, RATE * 10]) {
    const { report } = analysed([new Int16Array(length), new Int16Array(length)]);
    const [leg] = report.legs;
    expect(leg?.activeLevelDbov).toEqual({ notComputable: 'no-speech' });
    expect(leg?.peakDbfs).toEqual({ notComputable: 'digital-silence' });
    expect(leg?.talkRatio).toEqual({ notComputable: 'no-speech' });
    expect(report.talk.transferOffsetsMs).toEqual({ notComputable: 'no-changes' });
    expect(JSON.stringify(report)).not.toMatch(/null(?!ified)|NaN|Infinity/);
  }
});

test('one leg alone has the figures of a leg and none of a conversation', () => {
  const { report } = analysed([first]);
  expect(report.legs[0]?.speech).toHaveLength(2);
  expect(report.legs[0]?.interruptionsMade).toEqual({ notComputable: 'one-leg' });
  expect(report.legs[0]?.talkRatio).toEqual({ notComputable: 'one-leg' });
  expect(report.talk.overlapMs).toEqual({ notComputable: 'one-leg' });
});

test('sound at full scale is reported as clipped, without a level of speech', () => {
  const loud = Int16Array.from({ length: RATE * 5 }, (_, i) => (i % 32 < 16 ? 32_767 : -32_768));
  const { report } = analysed([loud, new Int16Array(loud.length)]);
  expect(report.legs[0]?.clippedSamples).toBe(loud.length);
  expect(report.legs[0]?.clippedRuns).toBe(loud.length / 16);
  expect(report.legs[0]?.peakDbfs).toBeCloseTo(0, 2);
});

test.each([8000, 11_025, 16_000, 22_050, 44_100, 48_000])('the result at %d Hz is the same', (rate) => {
  const legs = [murmur(8, [[1, 3]], 1, rate), murmur(8, [[3.4, 6]], 2, rate)];
  const { report } = analysed(legs, rate);
  expect(report.legs.map(({ speech }) => speech.length)).toEqual([1, 1]);
  const [transfer] = report.talk.events;
  expect(transfer && 'offset' in transfer ? (transfer.offset * 1000) / rate : 0).toBeGreaterThan(320);
  expect(transfer && 'offset' in transfer ? (transfer.offset * 1000) / rate : 999).toBeLessThan(460);
});

test('tones and keys are reported and do not count as speech', () => {
  const leg = new Int16Array(RATE * 12);
  leg.set(toneSamples({ frequency: 425, durationMs: 1000, levelDbfs: -14 }), RATE);
  leg.set(toneSamples({ frequency: 1100, durationMs: 500, levelDbfs: -14 }), 4 * RATE);
  leg.set(toneSamples({ frequency: 1400, durationMs: 300, levelDbfs: -14 }), 6 * RATE);
  leg.set(dtmfSamples('12#', { toneMs: 60, pauseMs: 80 }), 8 * RATE);
  const { report, events } = analysed([new Int16Array(leg.length), leg]);
  const [, heard] = report.legs;
  expect(heard?.speech).toEqual([]);
  expect(heard?.keys).toBe('12#');
  expect(heard?.tones.map(({ kind }) => kind)).toEqual(['ring-back', 'fax-calling', 'beep']);
  for (const [i, at] of [1, 4, 6].entries())
    expect(Math.abs((heard?.tones[i]?.from ?? 0) - at * RATE)).toBeLessThan(RATE * 0.01);
  expect(events.filter(({ type }) => type === 'key')).toHaveLength(3);
});

test('hold, masked and missing audio of the ledger do not count as dead air', () => {
  const leg = () => murmur(30, [[1, 3]]);
  const analysis = new ConversationAnalysis();
  analysis.push([leg(), leg()]);
  analysis.note(1, { from: 5 * RATE, samples: 4 * RATE, kind: 'idle', reason: 'hold' });
  analysis.note(0, { from: 8 * RATE, samples: 3 * RATE, kind: 'masked' });
  analysis.note(1, { from: 20 * RATE, samples: RATE, kind: 'missing', reason: 'stalled' });
  analysis.end();
  const { talk, legs } = analysis.report();
  const [dead] = talk.deadAir;
  expect(dead).toMatchObject({ masked: 3 * RATE, missing: RATE, hold: 3 * RATE, sounds: 0 });
  expect((dead?.to ?? 0) - (dead?.from ?? 0)).toBe(7 * RATE + (dead?.silent ?? 0));
  expect(legs[1]).toMatchObject({ holdMs: 4000, missingMs: 1000 });
});

test('an echo of the other leg is measured', () => {
  const far = murmur(30, [
    [1, 5],
    [8, 14],
    [18, 25],
  ]);
  const near = murmur(30, [[15, 17]], 3);
  const delay = Math.round(0.12 * RATE);
  for (let i = delay; i < near.length; i++)
    near[i] = (near[i] ?? 0) + Math.round((far[i - delay] ?? 0) * 0.05);
  const { report } = analysed([near, far]);
  const echo = report.legs[0]?.echo as { delayMs: number; levelDb: number };
  expect(echo.delayMs).toBeCloseTo(120, 0);
  expect(echo.levelDb).toBeCloseTo(20 * Math.log10(0.05), -0.5);
  expect(report.legs[1]?.echo).not.toMatchObject({ delayMs: 120 });
});

test('invalid chunks, numbers of legs and late pushes are refused', () => {
  const analysis = new ConversationAnalysis();
  expect(() => analysis.push([first])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  expect(() => analysis.push([first, second.subarray(1)])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
  );
  expect(() => new ConversationAnalysis({ legs: 3 })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
  );
  analysis.end();
  expect(() => analysis.push([first, second])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
  );
});
