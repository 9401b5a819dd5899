import { expect, it } from 'vitest';
import { type Client, world } from '../world.js';

/** Ids of the hardwired groups, by type. */
function groupsOf(client: Client): Map<string, string> {
  const ids = client.send('SEARCH GROUPS HARDWIRED')[0]?.match(/\d+/g) ?? [];
  return new Map(ids.map((id) => [client.send(`GET GROUP ${id} TYPE`)[0]?.split(' ').at(-1) ?? '', id]));
}

it('the hardwired groups follow the relations to other users', async () => {
  await using w = await world({
    users: [{ handle: 'alice', contacts: ['bob', '+3725555'] }, { handle: 'bob' }, { handle: 'carol' }],
  });
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  const groups = groupsOf(alice);
  expect(groups.size).toBe(11);
  const usersIn = (type: string) => alice.send(`GET GROUP ${groups.get(type)} USERS`)[0]?.split(' USERS ')[1];
  expect(usersIn('ALL_FRIENDS')).toBe('bob, +3725555');
  expect(usersIn('SKYPE_FRIENDS')).toBe('bob');
  expect(usersIn('SkypeOut_FRIENDS')).toBe('+3725555');
  expect(usersIn('ONLINE_FRIENDS')).toBe('bob');
  bob.send('SET USERSTATUS INVISIBLE');
  expect(usersIn('ONLINE_FRIENDS')).toBe('');
  expect(alice.send(`GET GROUP ${groups.get('ALL_FRIENDS')} NROFUSERS`)).toEqual([
    `GROUP ${groups.get('ALL_FRIENDS')} NROFUSERS 2`,
  ]);
  alice.send('SET USER carol BUDDYSTATUS 2 hello');
  expect(usersIn('UNKNOWN_OR_PENDINGAUTH_FRIENDS')).toBe('carol');
  alice.send('SET USER carol ISBLOCKED TRUE');
  expect(usersIn('USERS_BLOCKED_BY_ME')).toBe('carol');
  expect(usersIn('RECENTLY_CONTACTED_USERS')).toBe('');
  alice.send('CALL bob');
  expect(usersIn('RECENTLY_CONTACTED_USERS')).toBe('bob');
  expect(usersIn('ALL_USERS')?.split(', ').sort()).toEqual(['+3725555', 'bob', 'carol']);
});

it('SEARCH GROUPS lists the same ids each time, and no custom group', async () => {
  await using w = await world();
  const client = w.client();
  const all = client.send('SEARCH GROUPS');
  expect(client.send('SEARCH GROUPS ALL')).toEqual(all);
  expect(w.client().send('search groups hardwired')).toEqual(all);
  expect(client.send('SEARCH GROUPS CUSTOM')).toEqual(['GROUPS ']);
});
