import { describe, expect, it } from 'vitest';
import { type Client, folder, world } from '../world.js';

const USERS = [
  { handle: 'alice', contacts: ['bob', 'Carol', '+3725555'] },
  { handle: 'bob' },
  { handle: 'Carol' },
];

/** Makes a group. @returns its id. */
function create(client: Client, name: string): string {
  client.send(`CREATE GROUP ${name}`);
  return /^GROUP (\d+) TYPE CUSTOM_GROUP$/m.exec(client.fresh().join('\n'))?.[1] ?? '';
}

const customOf = (client: Client) => client.send('SEARCH GROUPS CUSTOM');
const valueIn = (client: Client, id: string, property: string) =>
  client.send(`GET GROUP ${id} ${property}`)[0]?.slice(`GROUP ${id} ${property} `.length);

describe('a group that a user makes', () => {
  it('is notified as in the reference, and found', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const lines = alice.send('#1 CREATE GROUP Family and friends');
    const id = /\d+/.exec(lines[1] ?? '')?.[0];
    const customId = lines[4]?.split(' ').at(-1);
    expect(lines).toEqual([
      '#1 CREATE GROUP Family and friends',
      `GROUP ${id} TYPE CUSTOM_GROUP`,
      `GROUP ${id} NROFUSERS 0`,
      `GROUP ${id} NROFUSERS_ONLINE 0`,
      `GROUP ${id} CUSTOM_GROUP_ID ${customId}`,
      `GROUP ${id} DISPLAYNAME Family and friends`,
      `GROUP ${id} USERS `,
    ]);
    expect(customOf(alice)).toEqual([`GROUPS ${id}`]);
    expect(alice.send('SEARCH GROUPS')[0]?.endsWith(`, ${id}`)).toBe(true);
    expect(customOf(w.client('bob'))).toEqual(['GROUPS ']);
    expect(w.client('bob').send(`GET GROUP ${id} DISPLAYNAME`)[0]).toContain('ERROR 563');
  });

  it('takes and releases contacts; contacts in no group are ungrouped', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const hardwired = alice.send('SEARCH GROUPS HARDWIRED')[0]?.match(/\d+/g) ?? [];
    const ungrouped = hardwired.find((id) => valueIn(alice, id, 'TYPE') === 'UNGROUPED_FRIENDS') ?? '';
    const id = create(alice, 'Family');
    expect(alice.send(`ALTER GROUP ${id} ADDUSER carol`)).toEqual([
      `ALTER GROUP ${id} ADDUSER carol`,
      `GROUP ${ungrouped} NROFUSERS 2`,
      `GROUP ${id} NROFUSERS 1`,
    ]);
    alice.send(`ALTER GROUP ${id} ADDUSER 003725555`);
    expect(alice.send(`ALTER GROUP ${id} ADDUSER CAROL`)).toEqual([`ALTER GROUP ${id} ADDUSER CAROL`]);
    expect(valueIn(alice, id, 'USERS')).toBe('Carol, +3725555');
    expect(valueIn(alice, id, 'NROFUSERS_ONLINE')).toBe('1');
    expect(valueIn(alice, ungrouped, 'USERS')).toBe('bob');
    expect(alice.send(`ALTER GROUP ${id} REMOVEUSER +3725555`)).toEqual([
      `ALTER GROUP ${id} REMOVEUSER +3725555`,
      `GROUP ${ungrouped} NROFUSERS 2`,
      `GROUP ${id} NROFUSERS 1`,
    ]);
    alice.send('SET USER Carol BUDDYSTATUS 1');
    expect(valueIn(alice, id, 'USERS')).toBe('');
  });

  it('goes when it is deleted', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const id = create(alice, 'Family');
    alice.send(`ALTER GROUP ${id} ADDUSER bob`);
    expect(alice.send(`DELETE GROUP ${id}`)).toEqual([
      `DELETE GROUP ${id}`,
      `GROUP ${id} USERS bob`,
      `DELETED GROUP ${id}`,
    ]);
    expect(customOf(alice)).toEqual(['GROUPS ']);
    expect(alice.send(`DELETE GROUP ${id}`)[0]).toContain('ERROR 562');
  });

  it('survives a restart, with its ids, name and members; a deleted one does not', async () => {
    const stateFolder = folder();
    const ids: string[] = [];
    {
      await using w = await world({ users: USERS, stateFolder });
      const alice = w.client();
      ids.push(create(alice, 'Family'), create(alice, 'Gone'));
      alice.send(`ALTER GROUP ${ids[0]} ADDUSER bob`);
      expect(alice.send(`SET GROUP ${ids[0]} DISPLAYNAME Kin; "x", y`)).toEqual([
        `GROUP ${ids[0]} DISPLAYNAME Kin; "x", y`,
        `GROUP ${ids[0]} DISPLAYNAME Kin; "x", y`,
      ]);
      alice.send(`DELETE GROUP ${ids[1]}`);
    }
    await using w = await world({ users: USERS, stateFolder });
    const alice = w.client();
    const [id = ''] = ids;
    expect(customOf(alice)).toEqual([`GROUPS ${id}`]);
    expect(valueIn(alice, id, 'DISPLAYNAME')).toBe('Kin; "x", y');
    expect(valueIn(alice, id, 'USERS')).toBe('bob');
    expect(Number(valueIn(alice, id, 'CUSTOM_GROUP_ID'))).toBeGreaterThan(0);
    expect(Number(create(alice, 'New'))).toBeGreaterThan(Number(ids[1]));
    expect(w.failures).toEqual([]);
  });

  it.each([
    ['ALTER GROUP <id> ADDUSER nobody', 564],
    ['ALTER GROUP <id> ADDUSER __proto__', 564],
    ['ALTER GROUP <id> REMOVEUSER bob', 564],
    ['ALTER GROUP <id> SHARE come', 564],
    ['ALTER GROUP <id> ACCEPT', 564],
    ['ALTER GROUP <hardwired> ADDUSER bob', 564],
    ['SET GROUP <hardwired> DISPLAYNAME mine', 564],
    ['DELETE GROUP <hardwired>', 562],
    ['CREATE GROUP ', 536],
    [`CREATE GROUP ${'x'.repeat(301)}`, 536],
  ])('refuses %s', async (command, error) => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const hardwired = alice.send('SEARCH GROUPS HARDWIRED')[0]?.match(/\d+/)?.[0] ?? '';
    const id = create(alice, 'Family');
    const line = command.replace('<id>', id).replace('<hardwired>', hardwired);
    expect(alice.send(line).at(-1)).toContain(`ERROR ${error} `);
  });
});

describe('the caption of a menu item', () => {
  it('has at most 32 characters, its quotes not counted', async () => {
    await using w = await world();
    const client = w.client();
    const longest = `"${'é👍'.repeat(16)}"`;
    const longer = `"${'é👍'.repeat(16)}x"`;
    const create = (caption: string) => client.send(`CREATE MENU_ITEM mine CONTEXT tools CAPTION ${caption}`);
    expect(create(longer)[0]).toContain('ERROR 536');
    expect(create(longest)).toEqual(['MENU_ITEM mine CREATED']);
    expect(client.send(`SET MENU_ITEM mine CAPTION ${longer}`)[0]).toContain('ERROR');
    expect(client.send(`SET MENU_ITEM mine CAPTION ${longest}`)).toEqual([
      `MENU_ITEM mine CAPTION ${longest}`,
    ]);
    expect(client.send(`CREATE EVENT mine CAPTION ${longer} HINT x`)).toEqual(['EVENT mine CREATED']);
  });
});
