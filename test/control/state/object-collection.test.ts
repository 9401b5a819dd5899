import { describe, expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { type Script, ScriptedEndpoint } from '../scripted-endpoint.js';

async function attached(script: Script | Readonly<Record<string, string>> = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0, callCheckMs: 0 });
  return { endpoint, client };
}

/** The part of a collection that the tests use, whatever its kind. */
interface Collection {
  get(id: unknown): { readonly id: unknown; text(property: string): Promise<string> };
  known(id: unknown): unknown;
  search(what: string, target?: string): Promise<readonly unknown[]>;
  on(event: string, listener: (...told: never[]) => void): unknown;
  [Symbol.iterator](): Iterator<unknown>;
}

const KINDS: readonly {
  readonly kind: string;
  readonly id: number | string;
  readonly property: string;
  readonly search: string;
  readonly list: string;
  of(client: Client): Collection;
}[] = [
  {
    kind: 'CALL',
    id: 5,
    property: 'SUBJECT',
    search: 'MISSEDCALLS',
    list: 'CALLS',
    of: (client) => client.calls as never,
  },
  {
    kind: 'VOICEMAIL',
    id: 5,
    property: 'SUBJECT',
    search: 'VOICEMAILS',
    list: 'VOICEMAILS',
    of: (client) => client.voicemails as never,
  },
  {
    kind: 'USER',
    id: 'bob',
    property: 'FULLNAME',
    search: 'FRIENDS',
    list: 'USERS',
    of: (client) => client.users as never,
  },
  {
    kind: 'GROUP',
    id: 5,
    property: 'DISPLAYNAME',
    search: 'GROUPS',
    list: 'GROUPS',
    of: (client) => client.groups as never,
  },
];

describe.each(KINDS)('a collection of $kind', ({ kind, id, property, search, list, of }) => {
  it('gives one object for one id, whose properties are requested once and then kept up to date', async () => {
    const { endpoint, client } = await attached({
      [`GET ${kind} ${id} ${property}`]: `${kind} ${id} ${property} first`,
    });
    const all = of(client);
    expect(all.known(id)).toBeUndefined();
    const object = all.get(id);
    expect(object.id).toBe(id);
    expect(all.get(id)).toBe(object);
    expect(await object.text(property)).toBe('first');
    await endpoint.say(`${kind} ${id} ${property} second`);
    expect(await object.text(property)).toBe('second');
    expect(endpoint.commands.filter((command) => command.startsWith('GET'))).toHaveLength(1);
  });

  it('reports each object once, and each change', async () => {
    const { endpoint, client } = await attached();
    const all = of(client);
    const told: unknown[] = [];
    all.on('found', (object: { id: unknown }) => told.push(['found', object.id]));
    all.on('property', (object: { id: unknown }, name: string, value: string) =>
      told.push([object.id, name, value]),
    );
    for (const value of ['a', 'a', 'b']) await endpoint.say(`${kind} ${id} ${property} ${value}`);
    expect(told).toEqual([
      ['found', id],
      [id, property, 'a'],
      [id, property, 'b'],
    ]);
    expect([...all]).toEqual([all.known(id)]);
  });

  it('lists the results of a search as live objects', async () => {
    const { client } = await attached({ [`SEARCH ${search}`]: `${list} ${id}` });
    const all = of(client);
    expect(await all.search(search)).toEqual([all.known(id)]);
    await expect(all.search(search, 'x\r\nPING')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
  });

  it('forgets objects that the endpoint reports as deleted', async () => {
    const { endpoint, client } = await attached();
    const all = of(client);
    const deleted: unknown[] = [];
    all.on('deleted', (object: never) => deleted.push(object));
    await endpoint.say(`${kind} ${id} ${property} a`);
    const object = all.known(id);
    await endpoint.say(`DELETED ${kind} ${id}`, `DELETED ${kind} ${id}`);
    expect(deleted).toEqual([object]);
    expect(all.known(id)).toBeUndefined();
  });

  it('refuses an invalid id', async () => {
    const { endpoint, client } = await attached();
    const all = of(client);
    const wrong = [Number.NaN, -1, 1.5, 1e300, Number.POSITIVE_INFINITY, '', 'a b', undefined, null, {}];
    const other = typeof id === 'number' ? ['5', '__proto__'] : [5];
    for (const each of [...wrong, ...other]) {
      expect(() => all.get(each), String(each)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
    }
    expect(() => all.get('a\r\nb')).toThrow(
      expect.objectContaining({ code: typeof id === 'number' ? 'ERR_INVALID_ARG' : 'ERR_LINE_BREAK' }),
    );
    expect([...all]).toEqual([]);
    expect(endpoint.commands).toEqual(['NAME jackfield', 'PROTOCOL 8']);
  });
});

it('a handle such as __proto__ names a user like any other', async () => {
  const { client } = await attached({ 'GET USER __proto__ FULLNAME': 'USER __proto__ FULLNAME Proto' });
  expect(await client.users.get('__proto__').get('FULLNAME')).toBe('Proto');
  expect(client.users.known('constructor')).toBeUndefined();
});

it('a collection keeps its newest objects', async () => {
  const { endpoint, client } = await attached();
  const first = client.groups.get(1);
  for (let id = 2; id <= 1001; id++) client.groups.get(id);
  expect(client.groups.known(1)).toBeUndefined();
  await endpoint.say('GROUP 1 DISPLAYNAME x');
  expect(first.known('DISPLAYNAME')).toBeUndefined();
  expect(client.groups.known(1)?.known('DISPLAYNAME')).toBe('x');
});

it('many listeners at once do not make Node warn of a leak', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on('warning', note);
  try {
    const { client } = await attached();
    for (let n = 0; n < 30; n++) client.on('call', () => undefined);
    for (const { of } of KINDS) for (let n = 0; n < 30; n++) of(client).on('property', () => undefined);
    // Node tells it in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});
