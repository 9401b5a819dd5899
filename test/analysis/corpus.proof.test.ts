import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Tally } from '../../scripts/corpus/score.mjs';
import { ConversationAnalysis } from '../../src/analysis/conversation-analysis.js';

const built = new URL('../../build/analysis/turns/turn-events.js', import.meta.url);

type Limits = Readonly<Record<string, readonly [precision: number, recall: number, error: number]>>;

/** Least precision and recall, and largest median error, of what `npm run corpus` finds over two hours; with margins. */
const LIMITS: Limits = {
  'speech (10 ms frames)': [0.92, 0.94, 0],
  'speech begins': [0.7, 0.85, 40],
  'change of speaker': [0.7, 0.8, 50],
  'tone: ring-back': [0.95, 0.95, 10],
  'tone: beep': [0.95, 0.95, 10],
  'noise floor': [1, 1, 4],
};
/** Those of the neural detector. */
const NEURAL: Limits = {
  ...LIMITS,
  'speech (10 ms frames)': [0.95, 0.94, 0],
  'speech begins': [0.85, 0.85, 50],
  'change of speaker': [0.85, 0.8, 60],
};

it.skipIf(!existsSync(built)).each([
  ['levels', LIMITS],
  ['neural', NEURAL],
] as const)(
  'finds what is there in calls whose truth is known by %s (needs npm run build)',
  async (speechDetector, limits) => {
    const { makeCall, plan } = await import('../../scripts/corpus/corpus.mjs');
    const { score } = await import('../../scripts/corpus/score.mjs');
    const tallies = new Map<string, Tally>();
    const [first, , third] = plan(7, { calls: 3, seconds: 25 });
    for (const call of [first, third]) {
      if (!call) continue;
      const { legs, truth } = await makeCall(call, { voices: 2, sentences: 4 });
      const analysis = new ConversationAnalysis({ speechDetector });
      analysis.push(legs);
      analysis.end();
      score(truth, analysis.report(), tallies);
    }
    for (const [name, [precision, recall, error]] of Object.entries(limits)) {
      const tally = tallies.get(name);
      expect(tally?.truth, name).toBeGreaterThan(0);
      expect(tally?.precision, `precision of ${name}`).toBeGreaterThanOrEqual(precision);
      expect(tally?.recall, `recall of ${name}`).toBeGreaterThanOrEqual(recall);
      expect(tally?.error(0.5), `error of ${name}`).toBeLessThanOrEqual(error);
    }
    expect(tallies.get('tones of other kinds')?.found, 'tones that are not there').toBeLessThanOrEqual(1);
  },
);
