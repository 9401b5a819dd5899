import { describe, expect, it } from 'vitest';
import { LedgerCheck } from '../../../src/recording/evidence/check-ledger.js';
import { ledgerOf } from '../../../src/stream/align/ledger.js';

const LEDGER = ledgerOf([
  { from: 0, samples: 100, kind: 'received' },
  { from: 100, samples: 50, kind: 'missing', reason: 'dropped' },
  { from: 150, samples: 100, kind: 'received' },
  { from: 250, samples: 30, kind: 'idle', reason: 'ended' },
]);
const AUDIO = new Int16Array(280).fill(7).fill(0, 100, 150).fill(0, 250);

function faultOf(ledger: unknown, audio = AUDIO, split = 1): string | undefined {
  const check = new LedgerCheck(ledger);
  for (let at = 0; at < audio.length; at += split) check.push(audio.subarray(at, at + split));
  return check.fault();
}

describe('a LedgerCheck', () => {
  it('finds nothing wrong in a valid ledger, however the samples are cut', () => {
    for (const split of [1, 3, 99, 100, 101, 150, 279, 280])
      expect(faultOf(LEDGER, AUDIO, split)).toBeUndefined();
    expect(new LedgerCheck(LEDGER).fault(280)).toBeUndefined();
  });

  it('finds sound where there should be silence, at any position', () => {
    for (const at of [100, 149, 250, 279]) {
      const audio = AUDIO.slice();
      audio[at] = 1;
      for (const split of [1, 7, 280]) expect(faultOf(LEDGER, audio, split)).toMatch(/sound at/);
    }
  });

  it('finds sums that are wrong, and holes', () => {
    expect(faultOf({ ...LEDGER, missing: 51 })).toMatch(/counts 51 missing, but its spans add up to 50/);
    expect(faultOf(LEDGER, AUDIO.subarray(0, 279))).toMatch(/accounts for 280 samples; the file has 279/);
    expect(faultOf(ledgerOf(LEDGER.spans.slice(1)))).toMatch(/gap or an overlap at 0/);
    expect(faultOf(ledgerOf([...LEDGER.spans, { from: 279, samples: 1, kind: 'idle' }]))).toMatch(/at 280/);
  });

  it.each([
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { spans: 1 },
    { spans: [1] },
    { spans: [{ from: 0, samples: 'a', kind: 'idle' }] },
    { spans: [{ from: 0, samples: 280, kind: 'other' }] },
  ])('refuses %j as a ledger', (ledger) => {
    expect(faultOf(ledger)).toBe('The leg has no ledger.');
  });
});
