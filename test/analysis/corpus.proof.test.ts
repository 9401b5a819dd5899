import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Tally } from '../../scripts/corpus/score.mjs';
import { ConversationAnalysis } from '../../src/analysis/conversation-analysis.js';

const built = new URL('../../build/analysis/turns/turn-events.js', import.meta.url);

/** Least precision and recall, and largest median error (ms; dB of levels). */
type Limits = Readonly<Record<string, readonly [precision: number, recall: number, error: number]>>;

/**
 * Limits of each row that docs/analysis.md publishes, for 24 minutes of seed 7. They lie a margin below what is found
 * there: 0.02 for what is there often, up to 0.1 for what is there a few times.
 */
const LEVELS: Limits = {
  'speech (frames of 10 ms)': [0.93, 0.96, 0],
  'begin of a unit of speech': [0.81, 0.91, 15],
  'end of a unit of speech': [0.82, 0.92, 25],
  'change of speaker': [0.84, 0.92, 15],
  'its offset': [1, 0.92, 35],
  interruption: [0.57, 0.9, 20],
  'barge-in that failed': [0.33, 0.65, 20],
  backchannel: [0.75, 0.85, 15],
  'dual start': [0.72, 0.85, 15],
  'dead air': [0.89, 0.85, 30],
  key: [1, 1, 5],
  'ring-back': [1, 1, 5],
  beep: [1, 1, 5],
  'fax tone': [1, 0.87, 5],
  'music (frames of 10 ms)': [0.9, 0.73, 0],
  'noise floor': [1, 1, 2.5],
  echo: [1, 0.8, 1],
  'echo level': [1, 1, 1.5],
};

const NEURAL: Limits = {
  ...LEVELS,
  'speech (frames of 10 ms)': [0.96, 0.96, 0],
  'begin of a unit of speech': [0.92, 0.94, 30],
  'end of a unit of speech': [0.92, 0.93, 25],
  'change of speaker': [0.94, 0.94, 45],
  'its offset': [1, 0.94, 40],
  interruption: [0.77, 0.87, 40],
  'barge-in that failed': [0.75, 0.75, 20],
  backchannel: [0.87, 0.9, 25],
  'dual start': [0.9, 0.9, 35],
  'dead air': [0.89, 0.95, 30],
};

it.skipIf(!existsSync(built))(
  'finds what is there in calls whose truth is known, each measure within its margin (needs npm run build)',
  { timeout: 300_000 },
  async () => {
    const { makeCall, plan } = await import('../../scripts/corpus/corpus.mjs');
    const { score } = await import('../../scripts/corpus/score.mjs');
    const { published } = await import('../../scripts/corpus/published.mjs');
    const detectors = [
      { speechDetector: 'levels', limits: LEVELS, tallies: new Map<string, Tally>() },
      { speechDetector: 'neural', limits: NEURAL, tallies: new Map<string, Tally>() },
    ] as const;
    for (const call of plan(7, { calls: 36, seconds: 40 })) {
      const { legs, truth } = await makeCall(call, { voices: 4, sentences: 8 });
      for (const { speechDetector, tallies } of detectors) {
        const analysis = new ConversationAnalysis({ speechDetector });
        for (const [leg, spans] of truth.lost.entries()) {
          for (const { from, to } of spans) {
            analysis.note(leg as 0 | 1, { from, samples: to - from, kind: 'missing', reason: 'dropped' });
          }
        }
        analysis.push(legs);
        analysis.end();
        score(truth, analysis.report(), tallies);
      }
    }
    for (const { speechDetector, limits, tallies } of detectors) {
      const rows = [...(await published(speechDetector)).keys()];
      expect(
        rows.filter((name) => !tallies.has(name)),
        'rows of the docs without a measure',
      ).toEqual([]);
      expect([...tallies.keys()].sort()).toEqual([...Object.keys(limits), 'tone of another kind'].sort());
      for (const [name, [precision, recall, error]] of Object.entries(limits)) {
        const tally = tallies.get(name);
        const what = `${name}, ${speechDetector}`;
        expect(tally?.truth, what).toBeGreaterThan(0);
        expect(tally?.precision, `precision of ${what}`).toBeGreaterThanOrEqual(precision);
        expect(tally?.recall, `recall of ${what}`).toBeGreaterThanOrEqual(recall);
        expect(tally?.error(0.5), `error of ${what}`).toBeLessThanOrEqual(error);
      }
      expect(tallies.get('tone of another kind')?.found, 'tones that are not there').toBe(0);
    }
  },
);
