import { describe, expect, it } from 'vitest';
import { ApiObject, type ObjectOwner } from '../../../src/exchange/object/api-object.js';
import { ObjectStore, type ObjectStoreOptions } from '../../../src/exchange/object/object-store.js';
import { ExchangeStore } from '../../../src/exchange/store/exchange-store.js';
import { StateJournal } from '../../../src/exchange/store/state-journal.js';
import type { ObjectName } from '../../../src/protocol/message.js';
import { folder } from '../world.js';

const owner = (handle: string): ObjectOwner => ({ handle, notify: () => undefined });

function calls(options: ObjectStoreOptions<'CALL', ApiObject<'CALL'>> = {}) {
  const store = new ObjectStore<'CALL', ApiObject<'CALL'>>(options);
  const add = (id: number, of: ObjectOwner) => {
    const call = new ApiObject('CALL', id, of);
    store.add(call);
    return call;
  };
  return { store, add };
}

describe('a store of objects', () => {
  it('gives each owner its own objects, for any ids of other owners', () => {
    const { store, add } = calls();
    const [alice, bob] = [owner('alice'), owner('bob')];
    const [mine, theirs] = [add(1, alice), add(1, bob)];
    add(2, bob);
    expect(store.of(alice, 1)).toBe(mine);
    expect(store.of(bob, 1)).toBe(theirs);
    expect(store.of(alice, 2)).toBeUndefined();
    expect(store.listOf(bob).map(({ id }) => id)).toEqual([1, 2]);
    store.remove(theirs);
    expect(store.of(alice, 1)).toBe(mine);
    store.leave(bob);
    expect(store.all()).toEqual([mine]);
  });

  it.each([Number.NaN, -1, 0, 1e300, Number.POSITIVE_INFINITY])('has nothing under %s', (id) => {
    const { store, add } = calls();
    const alice = owner('alice');
    add(1, alice);
    expect(store.of(alice, id)).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', ''])(
    'has a name like %j only for the owner that put it',
    (id) => {
      const store = new ObjectStore<'EVENT', ApiObject<'EVENT'>>();
      const alice = owner('alice');
      expect(store.of(alice, id)).toBeUndefined();
      const event = new ApiObject('EVENT', id, alice);
      store.add(event);
      expect(store.of(alice, id)).toBe(event);
      expect(store.listOf(alice)).toEqual([event]);
    },
  );

  it('makes room by removing the oldest that may go, and stores only objects with a record', () => {
    const kept: string[] = [];
    const { store, add } = calls({
      limit: 2,
      mayGo: ({ id }) => id !== 1,
      shelf: {
        save: (id, { user }) => kept.push(`+${user} ${id}`),
        forget: (id, user) => kept.push(`-${user} ${id}`),
        together: (work) => work(),
        objects: () => [],
      },
      record: (call) => (call.id === 3 ? undefined : { properties: call.record() }),
    });
    const alice = owner('alice');
    for (const id of [1, 2, 3]) add(id, alice);
    expect(store.listOf(alice).map(({ id }) => id)).toEqual([1, 3]);
    store.clear(alice, () => true);
    expect(store.listOf(alice).map(({ id }) => id)).toEqual([1]);
    expect(kept).toEqual(['+alice 1', '+alice 2', '-alice 2', '-alice 3']);
  });

  it('loads stored objects of existing owners, and does not store them again', () => {
    const alice = owner('alice');
    const kept: number[] = [];
    const stored = (id: number, user: string) => ({ id, stored: { user, properties: { STATUS: `${id}` } } });
    const { store } = calls({
      shelf: {
        save: (id) => kept.push(id),
        forget: (id) => kept.push(-id),
        together: (work) => work(),
        objects: () => [stored(1, 'alice'), stored(2, 'gone'), stored(3, 'alice')],
      },
      record: (call) => ({ properties: call.record() }),
    });
    const restored = store.restore(
      (handle) => (handle === 'alice' ? alice : undefined),
      (id, of, { properties }) => new ApiObject('CALL', id, of, properties),
    );
    expect(restored).toEqual(store.listOf(alice));
    expect(restored.map((call) => call.get('STATUS'))).toEqual(['1', '3']);
    expect(kept).toEqual([]);
  });

  it('does not remove an object that took the place of another', () => {
    const { store, add } = calls();
    const alice = owner('alice');
    const former = add(1, alice);
    const newer = add(1, alice);
    store.drop(former);
    expect(store.of(alice, 1)).toBe(newer);
  });
});

describe('a shelf', () => {
  it.each<[ObjectName, readonly (number | string)[]]>([
    ['CALL', [3, 20, 100]],
    ['CHAT', ['#a/$b;0123', 'a/b', '__proto__', '../x', ' ']],
  ])('keeps objects of %s over a restart, by owner and id', async (object, ids) => {
    const place = folder();
    const failures: unknown[] = [];
    const stored = (user: string) => ({ user, properties: { STATUS: 'FINISHED' } });
    const opened = async () =>
      new ExchangeStore(await StateJournal.open(place), (error) => failures.push(error));
    const first = await opened();
    for (const id of ids.toReversed()) first.shelf(object).save(id as never, stored('alice'));
    first.shelf(object).forget(ids[0] as never, 'alice');
    first.close();
    const second = await opened();
    const found = second.shelf(object).objects();
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.slice(1).toSorted());
    expect(found.every((each) => each.stored.user === 'alice')).toBe(true);
    expect(second.lastId).toBe(object === 'CALL' ? 100 : 0);
    second.close();
    expect(failures).toEqual([]);
  });

  it('does not give out the number of an object that was deleted', async () => {
    const place = folder();
    const first = new ExchangeStore(await StateJournal.open(place), () => undefined);
    first.shelf('GROUP').save(7, { user: 'alice', properties: {} });
    first.shelf('GROUP').forget(7, 'alice');
    first.close();
    const second = new ExchangeStore(await StateJournal.open(place), () => undefined);
    expect(second.lastId).toBe(7);
    second.close();
  });
});
