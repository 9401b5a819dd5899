import { expect, it } from 'vitest';
import { speechUnits } from '../../src/analysis/speech-units.js';

it('joins units that are no further apart than a pause, and drops short ones', () => {
  const speech = [
    { from: 0, to: 100 },
    { from: 150, to: 300 },
    { from: 351, to: 360 },
  ];
  expect(speechUnits(speech, 50)).toEqual([
    { from: 0, to: 300 },
    { from: 351, to: 360 },
  ]);
  expect(speechUnits(speech, 50, 10)).toEqual([{ from: 0, to: 300 }]);
  expect(speechUnits([], 50)).toEqual([]);
});
