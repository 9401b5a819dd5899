import { describe, expect, it } from 'vitest';
import { isLoss, LedgerKeeper, lossOf } from '../../../src/stream/align/ledger.js';
import { StretchPlaces } from '../../../src/stream/align/stretch-places.js';

const lost = (from: number, samples: number) => ({ from, samples, reason: 'lost' as const });

describe('named stretches of a stream', () => {
  it('have their place, whether they are named before, after or while their samples arrive', () => {
    const places = new StretchPlaces<string>();
    expect(places.name(lost(50, 100))).toEqual([]);
    expect(places.placed(0, 100, 1000)).toEqual([lost(1050, 50)]);
    // Something was lost on the way here: what follows lies 300 later.
    expect(places.placed(100, 100, 1300)).toEqual([lost(1400, 50)]);
    expect(places.name(lost(90, 20))).toEqual([lost(1090, 10), lost(1400, 10)]);
    expect(places.name(lost(190, 20))).toEqual([lost(1490, 10)]);
    expect(places.placed(200, 100, 1300)).toEqual([lost(1500, 10)]);
    expect(places.placed(300, 100, 1300)).toEqual([]);
  });
});

describe('a ledger', () => {
  it('names concealed samples among those that arrived, and again when more is known', () => {
    const keeper = new LedgerKeeper();
    keeper.add('received', 100);
    keeper.add('masked', 50);
    keeper.add('received', 100);
    keeper.conceal(80, 100, 'stalled');
    keeper.conceal(80, 40, 'held-up');
    keeper.conceal(170, 10, 'lost');
    const ledger = keeper.slice(0, 250);
    expect(ledger).toEqual({
      ...{ received: 150, idle: 0, masked: 50, missing: 0, concealed: 50 },
      spans: [
        { from: 0, samples: 80, kind: 'received' },
        { from: 80, samples: 20, kind: 'concealed', reason: 'held-up' },
        { from: 100, samples: 50, kind: 'masked' },
        { from: 150, samples: 20, kind: 'concealed', reason: 'stalled' },
        { from: 170, samples: 10, kind: 'concealed', reason: 'lost' },
        { from: 180, samples: 70, kind: 'received' },
      ],
    });
    expect(ledger.spans.filter(isLoss).length).toBe(2);
    expect(lossOf(ledger)).toBe(30);
    expect(keeper.total('received')).toBe(150);
    keeper.add('received', 10);
    expect(keeper.slice(0, 260).spans.at(-1)).toEqual({ from: 180, samples: 80, kind: 'received' });
  });
});
