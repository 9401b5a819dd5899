import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { DailyCost } from '../../../src/line/sip/daily-cost.js';

const TARIFF = { rate: 30, precision: 2, currency: 'EUR' };

it('counts started minutes, ends calls beyond the limit, and starts again each day', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const cost = new DailyCost(clock, 1);
  const cut: string[] = [];
  const begin = (call: string) => {
    const key = { call };
    cost.begin(key, TARIFF, () => {
      cut.push(call);
      cost.end(key);
    });
    return key;
  };
  const first = begin('first');
  await clock.advance(61_000);
  cost.end(first);
  cost.end(first);
  // 0.60 is spent: there is one minute left.
  expect(cost.allows(TARIFF)).toBe(true);
  begin('second');
  await clock.advance(59_000);
  expect([cost.allows(TARIFF), cut]).toEqual([false, []]);
  await clock.advance(3000);
  expect(cut).toEqual(['second']);
  await clock.advance(86_400_000);
  expect(cost.allows(TARIFF)).toBe(true);
  cost.end({});
});

it('ends calls in time, however many begin', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const cost = new DailyCost(clock, 1);
  const cut: number[] = [];
  for (let call = 0; call < 8; call++) {
    cost.begin({}, TARIFF, () => cut.push(call));
    await clock.advance(700);
  }
  // The fourth is beyond the limit, and all are told at the next look, and at each one after it.
  expect(cut.slice(0, 4)).toEqual([0, 1, 2, 3]);
});

it('charges a call at one rate at a time, and keeps its earlier cost', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const cost = new DailyCost(clock, 1);
  const call = {};
  const begin = (tariff?: typeof TARIFF) => cost.begin(call, tariff, () => expect.fail('cut'));
  begin(TARIFF);
  begin({ ...TARIFF, rate: 40 });
  expect([cost.allows(TARIFF), cost.allows({ ...TARIFF, rate: 31 })]).toEqual([true, false]);
  begin();
  await clock.advance(3_600_000);
  expect([cost.allows(TARIFF), cost.allows({ ...TARIFF, rate: 31 })]).toEqual([true, false]);
});
