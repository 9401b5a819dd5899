import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstPage,
  PageLinks,
  type PageState,
  takePage,
} from '../../../src/exchange/messaging/page-links.js';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('pages', () => {
  it('are those of the example: 100 to 91, 90 to 81, then 102, 101 and 80 to 73', () => {
    const first = takePage(firstPage(10), range(1, 100));
    expect(first.keys).toEqual(range(91, 100).reverse());
    const second = takePage(first.next, range(1, 100));
    expect(second.keys).toEqual(range(81, 90).reverse());
    const third = takePage(second.next, range(1, 102));
    expect(third.keys).toEqual([102, 101, ...range(73, 80).reverse()]);
    const fourth = takePage(third.next, range(1, 102));
    expect(fourth.keys).toEqual(range(63, 72).reverse());
  });

  it('give new items in pages of their own, without losing any', () => {
    const first = takePage(firstPage(3), range(1, 10));
    const second = takePage(first.next, range(1, 17));
    expect(second.keys).toEqual([17, 16, 15]);
    const third = takePage(second.next, range(1, 18));
    expect(third.keys).toEqual([18, 14, 13]);
    expect(takePage(third.next, range(1, 18)).keys).toEqual([12, 11, 7]);
  });

  it('link only to older and to newer items', () => {
    const first = takePage(firstPage(3), range(1, 10));
    const backward = takePage(first.backward as PageState, range(1, 20));
    expect(backward.keys).toEqual([7, 6, 5]);
    expect(takePage(first.forward, range(1, 12)).keys).toEqual([12, 11]);
    expect(takePage(firstPage(3), [1, 2]).backward).toBeUndefined();
    expect(takePage(firstPage(3), []).keys).toEqual([]);
  });

  it('give each item once, with items added and deleted between them', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 25 }) }),
      fc.record({ remove: fc.nat() }),
      fc.constant('page' as const),
    );
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.integer({ min: 1, max: 12 }),
        fc.array(step, { maxLength: 25 }),
        (count, size, steps) => {
          let keys = range(1, count);
          let last = count;
          let state = firstPage(size);
          const given: number[] = [];
          const gone = new Set<number>();
          const page = () => {
            const taken = takePage(links.open(links.seal(state, LIST), LIST), keys);
            state = taken.next;
            given.push(...taken.keys);
            expect(taken.keys).toEqual([...taken.keys].sort((a, b) => b - a));
            expect(taken.keys.length).toBeLessThanOrEqual(size);
            return taken.keys.length;
          };
          for (const each of steps) {
            if (each === 'page') page();
            else if ('add' in each) {
              keys = [...keys, ...range(last + 1, last + each.add)];
              last += each.add;
            } else {
              const [removed] = keys.splice(each.remove % (keys.length || 1), 1);
              if (removed !== undefined) gone.add(removed);
            }
          }
          while (page() > 0);
          expect(given.length).toBe(new Set(given).size);
          expect(range(1, last).filter((key) => !given.includes(key) && !gone.has(key))).toEqual([]);
        },
      ),
    );
  });
});

const LIST = { account: 'alice', list: '/users/ME/conversations' };
let now = 1000;
const links = new PageLinks(randomBytes(32), () => now);

describe('a link', () => {
  const state = takePage(firstPage(10), range(1, 100)).next;

  it('is opaque, and leads to the same place while it is valid, also after a restart', () => {
    const key = randomBytes(32);
    const before = new PageLinks(key, () => now);
    const sealed = before.seal(state, LIST);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('alice');
    expect(new PageLinks(key, () => now).open(sealed, { ...LIST, account: 'ALICE' })).toEqual(state);
    const later = new PageLinks(key, () => now + 86_400_001);
    expect(() => later.open(sealed, LIST)).toThrow(/expired/);
  });

  it('is valid for one account and one list, and cannot be changed', () => {
    const sealed = links.seal(state, LIST);
    const bytes = Buffer.from(sealed, 'base64url');
    const refused = [
      () => links.open(sealed, { ...LIST, account: 'bob' }),
      () => links.open(sealed, { ...LIST, list: '/users/ME/conversations/8:bob/messages' }),
      () => new PageLinks(randomBytes(32), () => now).open(sealed, LIST),
      ...range(0, bytes.length - 1).map((at) => () => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        return links.open(changed.toString('base64url'), LIST);
      }),
      ...['', 'x', '..', sealed.slice(5), sealed.slice(0, -5), `${sealed}AAAA`].map(
        (text) => () => links.open(text, LIST),
      ),
    ];
    for (const each of refused) expect(each).toThrow(/not belong to this list/);
    now += 1;
  });
});
