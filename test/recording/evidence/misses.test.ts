import { describe, expect, it } from 'vitest';
import { missesOf } from '../../../src/recording/evidence/misses.js';
import { type SidecarFacts, sidecarOf } from '../../../src/recording/sidecar.js';
import { type LedgerSpan, ledgerOf } from '../../../src/stream/align/ledger.js';

const SECOND = 16_000;
const call = { id: 1, partner: 'ann', type: '', status: 'FINISHED', duration: 10, states: [] };
const received: LedgerSpan = { from: 0, samples: 10 * SECOND, kind: 'received' };

/** A sidecar of ten seconds, with something else than what a good call has. */
function sidecarWith(local: readonly LedgerSpan[], facts: Partial<SidecarFacts> = {}) {
  return sidecarOf({
    head: {
      ...{ id: 'x', segment: 1, startedAt: '2026-01-01T00:00:00.000Z', call, tags: {} },
      streams: { local: 'CAPTURE_MIC', remote: 'OUTPUT' },
    },
    ...{ call, file: 'call.wav', sampleCount: 10 * SECOND, marks: [], tags: {}, end: 'call-ended' },
    ledgers: { local: ledgerOf(local), remote: ledgerOf([received]) },
    late: { local: 0, remote: 0 },
    cut: { local: 0, remote: 0 },
    drift: { inserted: 0, removed: 0 },
    ...facts,
  });
}

/** A leg that stalls for 300 ms at the end of each second. */
const stalled = Array.from({ length: 10 }, (_, i): LedgerSpan[] => [
  { from: i * SECOND, samples: 11_200, kind: 'received' },
  { from: i * SECOND + 11_200, samples: 4800, kind: 'missing', reason: 'stalled' },
]).flat();

describe('a recording is complete', () => {
  it.each([
    ['all of it came', {}, true],
    ['a leg came late', { late: { local: 0, remote: 1 } }, false],
    ['something was cut off', { cut: { local: 1, remote: 0 } }, false],
    ['it ends early', { end: 'disk-full' as const }, false],
    ['a reason is given', { reason: 'gone' }, false],
  ])('depending on its facts: %s', (_, facts, complete) => {
    expect(sidecarWith([received], facts).complete).toBe(complete);
  });

  it('but not when a leg misses anything', () => {
    expect(sidecarWith(stalled).complete).toBe(false);
  });
});

describe('missesOf', () => {
  it('is empty for a complete recording', () => {
    expect(missesOf(sidecarWith([received]))).toEqual([]);
  });

  it('gives the leg, the length, the reason and the place', () => {
    expect(missesOf(sidecarWith(stalled, { late: { local: 1600, remote: 0 } }))).toEqual([
      'The local leg: 3.00 s missing (stalled): 0.30 s at 0.70 s, 0.30 s at 1.70 s, 0.30 s at 2.70 s and 7 more.',
      'The local leg: 0.10 s arrived after its place in the file was final, and was dropped.',
    ]);
  });

  it('reports that the recording ends early, and why', () => {
    expect(missesOf(sidecarWith([received], { end: 'disk-full', reason: 'no room' }))).toEqual([
      'The recording ends early: no room.',
    ]);
  });
});
