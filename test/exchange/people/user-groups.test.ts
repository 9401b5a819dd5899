import { describe, expect, it } from 'vitest';
import { type Client, folder, world } from '../world.js';
import { createGroup, hardwiredOf, valueIn } from './groups-stage.js';

/** Alice, Bob and Carol have each other in their lists, but for Carol and Bob. */
const USERS = [
  { handle: 'alice', contacts: ['Bob', 'carol', '+3725555'] },
  { handle: 'Bob', contacts: ['alice'] },
  { handle: 'carol', contacts: ['alice'] },
  { handle: 'dave' },
];

const groupLines = (client: Client) => client.fresh().filter((line) => /^(DELETED )?GROUP /.test(line));

describe('the hardwired groups', () => {
  it('report their size as contacts change, before the change itself', async () => {
    await using w = await world({ users: USERS });
    const [alice, bob, carol, dave] = ['alice', 'Bob', 'carol', 'dave'].map((handle) => w.client(handle)) as [
      Client,
      Client,
      Client,
      Client,
    ];
    const of = hardwiredOf(alice);
    const changes = async (act: () => void) => {
      await w.clock.advance(0);
      alice.fresh();
      act();
      await w.clock.advance(100);
      return groupLines(alice).map((line) => {
        const [, id, property, value] = line.split(' ');
        return `${Object.entries(of).find(([, each]) => each === id)?.[0]} ${property} ${value}`;
      });
    };
    expect(await changes(() => bob.send('SET USERSTATUS OFFLINE'))).toEqual(['ONLINE_FRIENDS NROFUSERS 1']);
    bob.send('SET USERSTATUS ONLINE');
    bob.send('SET USERSTATUS INVISIBLE');
    expect(alice.lines.slice(-2)).toEqual([
      `GROUP ${of['ONLINE_FRIENDS']} NROFUSERS 1`,
      'USER Bob ONLINESTATUS OFFLINE',
    ]);
    expect(await changes(() => dave.send('SET USER alice BUDDYSTATUS 2 hello'))).toEqual(
      ['USERS_WAITING_MY_AUTHORIZATION NROFUSERS 1', 'ALL_USERS NROFUSERS 4'].reverse(),
    );
    expect(await changes(() => alice.send('SET USER dave ISAUTHORIZED TRUE'))).toEqual([
      'ALL_FRIENDS NROFUSERS 4',
      'SKYPE_FRIENDS NROFUSERS 3',
      'ONLINE_FRIENDS NROFUSERS 2',
      'USERS_WAITING_MY_AUTHORIZATION NROFUSERS 0',
      'USERS_AUTHORIZED_BY_ME NROFUSERS 4',
      'UNGROUPED_FRIENDS NROFUSERS 4',
    ]);
    expect(await changes(() => alice.send('SET USER dave ISBLOCKED TRUE'))).toEqual([
      'USERS_BLOCKED_BY_ME NROFUSERS 1',
    ]);
    expect(await changes(() => bob.send('SET USER alice ISAUTHORIZED FALSE'))).toEqual([
      'UNKNOWN_OR_PENDINGAUTH_FRIENDS NROFUSERS 1',
    ]);
    expect(await changes(() => dave.send('CALL alice'))).toEqual([]);
    expect(await changes(() => alice.send('CALL carol'))).toEqual(['RECENTLY_CONTACTED_USERS NROFUSERS 1']);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
    await w.clock.advance(1000);
    expect(await changes(() => alice.send('CLEAR CALLHISTORY ALL'))).toEqual([
      'RECENTLY_CONTACTED_USERS NROFUSERS 0',
    ]);
    expect(await changes(() => carol.send('MESSAGE alice hello'))).toEqual([
      'RECENTLY_CONTACTED_USERS NROFUSERS 1',
    ]);
    expect(await changes(() => alice.send('SET USER +3725555 BUDDYSTATUS 1'))).toEqual([
      'ALL_FRIENDS NROFUSERS 3',
      'SkypeOut_FRIENDS NROFUSERS 0',
      'UNGROUPED_FRIENDS NROFUSERS 3',
    ]);
  });

  it('tell USERS and NROFUSERS_ONLINE to clients below 7 alone', async () => {
    await using w = await world({ users: USERS });
    const [six, seven] = [w.client('alice', { protocol: 6 }), w.client('alice', { protocol: 7 })];
    const id = createGroup(six, 'Family');
    six.fresh();
    seven.fresh();
    six.send(`ALTER GROUP ${id} ADDUSER Bob`);
    w.client('Bob').send('SET USERSTATUS OFFLINE');
    expect(groupLines(six)).toEqual([
      `GROUP ${id} NROFUSERS 1`,
      `GROUP ${id} NROFUSERS_ONLINE 1`,
      `GROUP ${id} USERS Bob`,
      `GROUP ${id} NROFUSERS_ONLINE 0`,
    ]);
    expect(groupLines(seven)).toEqual([`GROUP ${id} NROFUSERS 1`]);
    six.send(`DELETE GROUP ${id}`);
    expect(groupLines(six)).toEqual([`DELETED GROUP ${id}`, `GROUP ${id} USERS Bob`]);
    expect(groupLines(seven)).toEqual([`GROUP ${id} USERS Bob`, `DELETED GROUP ${id}`]);
  });

  it('belong to one user: others are not told of them and cannot command them', async () => {
    await using w = await world({ users: USERS });
    const [alice, bob] = [w.client(), w.client('Bob')];
    const id = createGroup(alice, 'Family');
    const ids = [id, ...Object.values(hardwiredOf(alice))];
    hardwiredOf(bob);
    bob.fresh();
    alice.send(`ALTER GROUP ${id} ADDUSER Bob`);
    expect(bob.fresh()).toEqual([]);
    for (const each of ids) {
      for (const command of [
        `GET GROUP ${each} USERS`,
        `SET GROUP ${each} DISPLAYNAME mine`,
        `ALTER GROUP ${each} ADDUSER alice`,
        `ALTER GROUP ${each} REMOVEUSER Bob`,
        `ALTER GROUP ${each} SHARE`,
        `ALTER GROUP ${each} ACCEPT`,
        `ALTER GROUP ${each} DECLINE`,
        `DELETE GROUP ${each}`,
      ]) {
        expect(bob.send(command)).toEqual([expect.stringMatching(/^ERROR 56[23]\b/)]);
      }
    }
    expect(valueIn(alice, id, 'USERS')).toBe('Bob');
  });
});

/** Alice shares a group with Bob, Carol and a robot; the ids of the three. */
function share(alice: Client, bob: Client, carol: Client): Record<'alice' | 'bob' | 'carol', string> {
  const id = createGroup(alice, 'Band');
  for (const handle of ['Bob', 'carol']) alice.send(`ALTER GROUP ${id} ADDUSER ${handle}`);
  for (const client of [alice, bob, carol]) client.fresh();
  alice.send(`ALTER GROUP ${id} SHARE join us`);
  const idOf = (client: Client) =>
    / (\d+) /.exec(client.lines.find((line) => line.includes('PROPOSED')) ?? '')?.[1];
  return { alice: id, bob: idOf(bob) ?? '', carol: idOf(carol) ?? '' };
}

describe('a shared group', () => {
  it('is proposed to its members; those that accept it authorise each other', async () => {
    await using w = await world({ users: USERS });
    const [alice, bob, carol] = [w.client(), w.client('Bob'), w.client('carol')];
    const ids = share(alice, bob, carol);
    expect(alice.fresh()).toEqual([
      `ALTER GROUP ${ids.alice} SHARE join us`,
      `GROUP ${ids.alice} TYPE SHARED_GROUP`,
    ]);
    expect(groupLines(bob)).toEqual([
      `GROUP ${ids.bob} TYPE PROPOSED_SHARED_GROUP`,
      `GROUP ${ids.bob} NROFUSERS 2`,
      `GROUP ${ids.bob} NROFUSERS_ONLINE 1`,
      `GROUP ${ids.bob} CUSTOM_GROUP_ID ${valueIn(alice, ids.alice, 'CUSTOM_GROUP_ID')}`,
      `GROUP ${ids.bob} DISPLAYNAME Band`,
      `GROUP ${ids.bob} USERS carol, alice`,
    ]);
    expect(bob.send('SEARCH GROUPS CUSTOM')).toEqual([`GROUPS ${ids.bob}`]);
    expect(bob.send(`ALTER GROUP ${ids.bob} ADDUSER alice`)[0]).toContain('ERROR 564');
    bob.send(`ALTER GROUP ${ids.bob} ACCEPT`);
    expect(bob.send('GET USER carol BUDDYSTATUS')).toEqual(['USER carol BUDDYSTATUS 0']);
    carol.send(`ALTER GROUP ${ids.carol} ACCEPT`);
    for (const [client, other] of [
      [bob, 'carol'],
      [carol, 'Bob'],
    ] as const) {
      expect(client.send(`GET USER ${other} BUDDYSTATUS`)).toEqual([`USER ${other} BUDDYSTATUS 3`]);
      expect(client.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS ']);
    }
    expect(valueIn(bob, ids.bob, 'TYPE')).toBe('SHARED_GROUP');
    expect(w.client('Bob', { protocol: 5 }).send(`GET GROUP ${ids.bob} TYPE`)).toEqual([
      `GROUP ${ids.bob} TYPE CUSTOM_GROUP`,
    ]);
  });

  it('has the same name and members for all; a user that declines, deletes it or is removed is no longer in it', async () => {
    await using w = await world({ users: USERS });
    const [alice, bob, carol, dave] = ['alice', 'Bob', 'carol', 'dave'].map((handle) => w.client(handle)) as [
      Client,
      Client,
      Client,
      Client,
    ];
    const ids = share(alice, bob, carol);
    carol.send(`ALTER GROUP ${ids.carol} DECLINE`);
    expect(groupLines(carol).at(-1)).toBe(`DELETED GROUP ${ids.carol}`);
    expect(carol.send(`ALTER GROUP ${ids.carol} ACCEPT`)[0]).toContain('ERROR 563');
    expect(valueIn(alice, ids.alice, 'USERS')).toBe('Bob');
    bob.send(`ALTER GROUP ${ids.bob} ACCEPT`);
    alice.fresh();
    bob.send(`SET GROUP ${ids.bob} DISPLAYNAME Orchestra`);
    expect(alice.fresh()).toEqual([`GROUP ${ids.alice} DISPLAYNAME Orchestra`]);
    // A user who has not authorised the owner gets the group once that is done.
    bob.send('SET USER dave BUDDYSTATUS 2');
    bob.send(`ALTER GROUP ${ids.bob} ADDUSER dave`);
    expect(valueIn(alice, ids.alice, 'USERS')).toBe('Bob, dave');
    expect(dave.send('SEARCH GROUPS CUSTOM')).toEqual(['GROUPS ']);
    dave.send('SET USER Bob ISAUTHORIZED TRUE');
    expect(groupLines(dave)[0]).toContain('TYPE PROPOSED_SHARED_GROUP');
    alice.send(`ALTER GROUP ${ids.alice} REMOVEUSER dave`);
    expect(dave.send('SEARCH GROUPS CUSTOM')).toEqual(['GROUPS ']);
    alice.send(`DELETE GROUP ${ids.alice}`);
    expect(valueIn(bob, ids.bob, 'USERS')).toBe('');
    expect(valueIn(bob, ids.bob, 'DISPLAYNAME')).toBe('Orchestra');
  });

  it('does not reach users that block its owner, and reaches an offline user on coming online; a refusal survives a restart', async () => {
    const stateFolder = folder();
    {
      await using w = await world({ users: USERS, stateFolder });
      const [alice, bob, carol] = [w.client(), w.client('Bob'), w.client('carol')];
      bob.send('SET USER alice ISBLOCKED TRUE');
      carol.send('SET USERSTATUS OFFLINE');
      carol.fresh();
      const id = createGroup(alice, 'Band');
      for (const handle of ['Bob', 'carol']) alice.send(`ALTER GROUP ${id} ADDUSER ${handle}`);
      alice.send(`ALTER GROUP ${id} SHARE`);
      expect(bob.send('SEARCH GROUPS CUSTOM')).toEqual(['GROUPS ']);
      expect(carol.fresh()).toEqual([]);
      carol.send('SET USERSTATUS ONLINE');
      const [proposed = ''] = groupLines(carol);
      expect(proposed).toContain('TYPE PROPOSED_SHARED_GROUP');
    }
    {
      await using w = await world({ users: USERS, stateFolder });
      const carol = w.client('carol');
      const id = carol.send('SEARCH GROUPS CUSTOM')[0]?.split(' ')[1] ?? '';
      expect(valueIn(carol, id, 'TYPE')).toBe('PROPOSED_SHARED_GROUP');
      carol.send(`ALTER GROUP ${id} DECLINE`);
    }
    await using w = await world({ users: USERS, stateFolder });
    expect(w.client('carol').send('SEARCH GROUPS CUSTOM')).toEqual(['GROUPS ']);
    expect(w.failures).toEqual([]);
  });
});
