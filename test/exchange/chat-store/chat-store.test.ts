import { describe, expect, it } from 'vitest';
import { ChatDatabase } from '../../../src/exchange/chat-store/chat-database.js';
import { ChatMemory } from '../../../src/exchange/chat-store/chat-memory.js';
import type { ChatStore } from '../../../src/exchange/chat-store/chat-store.js';
import { PLAIN_MESSAGE } from '../../../src/exchange/chats/chat-message.js';
import { folder } from '../world.js';

const STORES: readonly [string, () => ChatStore][] = [
  ['in memory', () => new ChatMemory(1_000_000)],
  ['in a database', () => ChatDatabase.open(folder())],
];

const said = (body: string, at = 1000, chat = 1) =>
  ({ ...PLAIN_MESSAGE, chat, from: 'Alice', type: 'SAID', body, at }) as const;

describe.each(STORES)('messages %s', (_where, open) => {
  const filled = () => {
    const store = open();
    const seqs = ['one', 'two', 'three'].map((body, index) => store.addMessage(said(body, 1000 + index)));
    const gap = store.addMessage({ ...said('', 1003), type: 'GAP_IN_CHAT', local: true });
    const other = store.addMessage({
      ...said('elsewhere', 1004, 2),
      from: 'bob',
      users: ['carol'],
      role: 'USER',
    });
    for (const [index, seq] of seqs.entries()) {
      store.addCopy({ id: 11 + index, view: 1, seq, status: 'SENT' });
      store.addCopy({ id: 21 + index, view: 2, seq, status: 'RECEIVED' });
    }
    store.addCopy({ id: 14, view: 1, seq: gap, status: 'RECEIVED' });
    store.addCopy({ id: 30, view: 3, seq: other, status: 'SENDING' });
    return { store, seqs, other };
  };

  it('are read back unchanged, with their edits', () => {
    const { store, seqs, other } = filled();
    expect(store.message(other)).toEqual({
      ...said('elsewhere', 1004, 2),
      seq: other,
      from: 'bob',
      users: ['carol'],
      role: 'USER',
    });
    store.editMessage(seqs[1] ?? 0, {
      body: 'zwei\nZeilen "; --',
      rich: '<b>zwei</b>',
      editedBy: 'Alice',
      editedAt: 2000,
    });
    expect(store.message(seqs[1] ?? 0)).toMatchObject({
      body: 'zwei\nZeilen "; --',
      rich: '<b>zwei</b>',
      editedBy: 'Alice',
      editedAt: 2000,
      at: 1001,
    });
    expect(store.message(99)).toBeUndefined();
    store.close();
  });

  it('are listed by view, by status and by sender', () => {
    const { store, seqs } = filled();
    expect(store.ids([1], 'all')).toEqual([11, 12, 13, 14]);
    expect(store.ids([1, 2, 3], 'all')).toEqual([11, 12, 13, 14, 21, 22, 23, 30]);
    expect(store.ids([2, 1], 'unseen')).toEqual([14, 21, 22, 23]);
    expect(store.idsFrom(2, 'aLICE')).toEqual([21, 22, 23]);
    expect(store.idsFrom(2, 'bob')).toEqual([]);
    expect(store.recent(1, 11, 2)).toEqual([13, 14]);
    expect(store.copiesOf(seqs[0] ?? 0).map(({ id }) => id)).toEqual([11, 21]);
    store.setStatus(21, 'READ');
    expect(store.copy(21)?.status).toBe('READ');
    expect([store.hasUnseen(2), store.hasUnseen(3)]).toEqual([true, false]);
    store.close();
  });

  it('that a user has missed are the newest, without local ones', () => {
    const { store, seqs } = filled();
    const missed = (...[after, limit, since]: [number, number, number]) => {
      const { messages, gap } = store.backlog(1, after, limit, since);
      return { seqs: messages.map(({ seq }) => seq), gap };
    };
    expect(missed(0, 10, 0)).toEqual({ seqs, gap: false });
    expect(missed(seqs[0] ?? 0, 10, 0)).toEqual({ seqs: seqs.slice(1), gap: false });
    expect(missed(0, 2, 0)).toEqual({ seqs: seqs.slice(1), gap: true });
    expect(missed(0, 10, 1002)).toEqual({ seqs: seqs.slice(2), gap: true });
    expect([store.hasBacklog(1, 0), store.hasBacklog(1, seqs[2] ?? 0)]).toEqual([true, false]);
    expect(store.backlog(1, 0, 1, 0).messages).toEqual([store.message(seqs[2] ?? 0)]);
    store.close();
  });

  it('that are being sent are listed by view, oldest first, in pages', () => {
    const { store, seqs, other } = filled();
    for (const [index, seq] of seqs.entries())
      store.addCopy({ id: 41 + index, view: 4, seq, status: 'SENDING' });
    expect(store.unsent(4, other, 2)).toEqual([41, 42]);
    expect(store.unsent(4, seqs[1] ?? 0, 10)).toEqual([41, 42]);
    expect([store.unsent(1, other, 10), store.unsent(3, other, 10)]).toEqual([[], [30]]);
    store.setStatus(41, 'SENT');
    expect(store.unsent(4, other, 2)).toEqual([42, 43]);
    store.clear([4]);
    expect(store.unsent(4, other, 2)).toEqual([]);
    store.close();
  });

  it('are cleared for one user, and kept for others', () => {
    const { store, seqs } = filled();
    store.clear([1]);
    expect([store.ids([1], 'all'), store.copy(11)]).toEqual([[], undefined]);
    expect(store.ids([2], 'all')).toEqual([21, 22, 23]);
    expect(store.message(seqs[0] ?? 0)?.body).toBe('one');
    store.close();
  });
});

describe('messages in memory', () => {
  it('are limited to the newest that fit', () => {
    const store = new ChatMemory(10_000);
    const told: unknown[] = [];
    store.failed = (error) => told.push(error);
    const seqs = Array.from({ length: 20 }, (_, index) => {
      const seq = store.addMessage(said('x'.repeat(500)));
      store.addCopy({ id: index + 1, view: 1, seq, status: 'SENT' });
      return seq;
    });
    expect(store.ids([1], 'all')).toEqual([15, 16, 17, 18, 19, 20]);
    expect(store.message(seqs[0] ?? 0)).toBeUndefined();
    expect(told).toMatchObject([
      { code: 'ERR_LIMIT', message: expect.stringMatching(/limits\.messageBytes/) },
    ]);
    expect(store.backlog(1, 0, 400, 0).messages.map(({ seq }) => seq)).toEqual(seqs.slice(-6));
  });
});
