import { expect, test } from 'vitest';
import { MaskFinder } from '../../../src/analysis/words/mask-finder.js';
import { secretsIn } from '../../../src/recording/masking/find-secrets.js';
import { lostStretches } from '../../../src/recording/masking/lost-stretches.js';
import { LedgerKeeper, type LedgerSpan } from '../../../src/stream/align/ledger.js';
import { RATE, spoken } from './ears.js';

const search = {
  finder: new MaskFinder({ cards: true, phrases: [] }),
  ...{ looksForKeys: false, transcriber: undefined, language: undefined, signal: undefined },
};

/** What is found in a call of ten seconds whose remote leg says ten digits around a stretch of a kind. */
async function found(...spans: readonly Omit<LedgerSpan, 'from'>[]) {
  const ledgerWith = (some: readonly Omit<LedgerSpan, 'from'>[]) => {
    const keeper = new LedgerKeeper();
    keeper.add('received', 3 * RATE);
    for (const { kind, samples, reason } of some) keeper.add(kind, samples, reason);
    keeper.add('received', 10 * RATE - keeper.end);
    return keeper.slice(0, keeper.end);
  };
  const parts = [spoken('four one one one one', 2 * RATE), spoken('one one one one one', 4 * RATE)].map(
    (words) => ({
      leg: 1 as const,
      text: words.map(([word]) => word).join(' '),
      words: words.map(([word, from, to]) => ({ word, from, to })),
      ...{ from: words[0]?.[1] ?? 0, to: words.at(-1)?.[2] ?? 0 },
    }),
  );
  const source = {
    sampleRate: RATE,
    sampleCount: 10 * RATE,
    legs: 2 as const,
    samples: async function* () {},
  };
  const legs = { local: { ledger: ledgerWith([]) }, remote: { ledger: ledgerWith(spans) } } as never;
  const secrets = await secretsIn(
    source,
    [{ sampleRate: RATE, samples: 10 * RATE, parts } as never],
    search,
    legs,
  );
  return secrets.map(({ leg, rule, from, to }) => [leg, rule, from, to]);
}

const MASKED = [[1, 'undecided', 2 * RATE, 4 * RATE + 5 * 3200]];

test('digits on both sides of lost voice may be those of a card', async () => {
  expect(await found({ kind: 'missing', reason: 'stalled', samples: 8000 })).toEqual(MASKED);
  expect(await found({ kind: 'concealed', reason: 'lost', samples: 8000 })).toEqual(MASKED);
  const short = { kind: 'missing', reason: 'lost', samples: 800 } as const;
  expect(
    await found(short, { kind: 'received', samples: 800 }, short, { kind: 'received', samples: 400 }, short),
  ).toEqual(MASKED);
});

test('silence, and losses that are too short for a digit, are not masked', async () => {
  expect(await found({ kind: 'idle', reason: 'not-sent', samples: 8000 })).toEqual([]);
  expect(await found({ kind: 'concealed', reason: 'held-up', samples: 8000 })).toEqual([]);
  expect(await found({ kind: 'missing', reason: 'lost', samples: 1600 })).toEqual([]);
  const short = { kind: 'missing', reason: 'lost', samples: 1600 } as const;
  expect(
    lostStretches([
      { ...short, from: 0 },
      { ...short, from: 4000 },
    ]),
  ).toEqual([]);
});
