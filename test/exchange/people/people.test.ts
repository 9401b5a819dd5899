import { describe, expect, it } from 'vitest';
import { type Client, EPOCH_MS, type World, world } from '../world.js';

/** Alice and Bob have each other in their lists; Carol is nobody's; Dave is in Alice's list and blocked by her. */
const USERS = [
  { handle: 'alice', contacts: ['Bob', 'dave'] },
  { handle: 'Bob', contacts: ['alice'] },
  { handle: 'carol' },
  { handle: 'dave', contacts: ['alice'] },
];

async function stage(): Promise<World & { clients: Client[] }> {
  const w = await world({ users: USERS });
  w.client().send('SET USER dave ISBLOCKED TRUE');
  await w.clock.advance(0);
  return Object.assign(w, { clients: ['alice', 'Bob', 'carol', 'dave'].map((handle) => w.client(handle)) });
}

const freshOf = (clients: readonly Client[]) => clients.map((client) => client.fresh());

describe('changes of a user', () => {
  it.each([
    ['SET PROFILE FULLNAME Alice "A"; x', ['USER alice FULLNAME Alice "A"; x']],
    ['SET PROFILE MOOD_TEXT busy', ['USER alice MOOD_TEXT busy']],
    ['SET PROFILE RICH_MOOD_TEXT <B>b</B>', ['USER alice RICH_MOOD_TEXT <B>b</B>', 'USER alice MOOD_TEXT b']],
    ['SET PROFILE LANGUAGES et en', ['USER alice LANGUAGE et en']],
    ['SET PROFILE TIMEZONE 93600', ['USER alice TIMEZONE 120']],
    ['SET PROFILE COUNTRY ee Estonia', ['USER alice COUNTRY ee Estonia']],
    ['SET PROFILE CALL_APPLY_CF TRUE', ['USER alice IS_CF_ACTIVE TRUE']],
    ['SET PROFILE CALL_FORWARD_RULES 0,10,bob', []],
    ['SET USERSTATUS DND', ['USER alice ONLINESTATUS DND']],
  ])('%s is notified to users that may see it, and to nobody else', async (command, told) => {
    await using w = await stage();
    const [alice, ...others] = w.clients as [Client, ...Client[]];
    alice.send(command);
    expect(freshOf(others)).toEqual([told, [], []]);
    alice.send(command);
    expect(freshOf(others)).toEqual([[], [], []]);
  });

  it('is confirmed to the clients of the user, as in the reference', async () => {
    await using w = await stage();
    const [alice = w.client()] = w.clients;
    const other = w.client();
    expect(alice.send('SET PROFILE RICH_MOOD_TEXT <B>b</B>')).toEqual([
      'PROFILE RICH_MOOD_TEXT <B>b</B>',
      'PROFILE RICH_MOOD_TEXT <B>b</B>',
      'PROFILE MOOD_TEXT b',
      'USER alice RICH_MOOD_TEXT <B>b</B>',
      'USER alice MOOD_TEXT b',
    ]);
    expect(other.fresh()).toHaveLength(4);
  });

  it('is notified by protocol version: LASTONLINETIMESTAMP below 7, RICH_MOOD_TEXT from 7 on', async () => {
    await using w = await stage();
    const [alice = w.client()] = w.clients;
    const [six, seven] = [w.client('Bob', { protocol: 6 }), w.client('Bob', { protocol: 7 })];
    alice.send('SET PROFILE RICH_MOOD_TEXT <B>b</B>');
    alice.send('SET USERSTATUS INVISIBLE');
    const seconds = EPOCH_MS / 1000;
    expect(six.fresh()).toEqual([
      'USER alice MOOD_TEXT b',
      'USER alice ONLINESTATUS OFFLINE',
      `USER alice LASTONLINETIMESTAMP ${seconds}`,
    ]);
    expect(seven.fresh()).toEqual([
      'USER alice RICH_MOOD_TEXT <B>b</B>',
      'USER alice MOOD_TEXT b',
      'USER alice ONLINESTATUS OFFLINE',
    ]);
    expect(seven.send('GET USER alice LASTONLINETIMESTAMP')).toEqual([
      `USER alice LASTONLINETIMESTAMP ${seconds}`,
    ]);
  });

  it('is visible to GET as in notifications: presence and mood to authorised users, the rest to everyone', async () => {
    await using w = await stage();
    const [alice, ...others] = w.clients as [Client, ...Client[]];
    alice.send('SET PROFILE MOOD_TEXT busy');
    alice.send('SET PROFILE CITY Tartu');
    alice.send('SET USERSTATUS AWAY');
    const seen = (property: string) =>
      others.map((client) => client.send(`GET USER alice ${property}`)[0]?.split(`${property} `)[1]);
    expect(seen('ONLINESTATUS')).toEqual(['AWAY', 'OFFLINE', 'OFFLINE']);
    expect(seen('MOOD_TEXT')).toEqual(['busy', '', '']);
    expect(seen('CITY')).toEqual(['Tartu', 'Tartu', 'Tartu']);
    expect(seen('LASTONLINETIMESTAMP')).toEqual(['0', '0', '0']);
    alice.send('SET USERSTATUS OFFLINE');
    expect(seen('LASTONLINETIMESTAMP')).toEqual([String(EPOCH_MS / 1000), '0', '0']);
  });
});

describe('an offline user', () => {
  it('sees everybody offline and is told nothing; on coming online, everything that has changed', async () => {
    await using w = await stage();
    const [alice, bob] = w.clients as [Client, Client];
    bob.send('SET USERSTATUS OFFLINE');
    expect(bob.fresh()).toContain('USER alice ONLINESTATUS OFFLINE');
    alice.send('SET PROFILE CITY Tartu');
    alice.send('SET PROFILE CITY Tallinn');
    alice.send('SET PROFILE MOOD_TEXT busy');
    alice.send('SET USERSTATUS AWAY');
    w.client('carol').send('SET USER Bob BUDDYSTATUS 2 it is me');
    await w.clock.advance(0);
    expect(bob.fresh()).toEqual(['CONNSTATUS OFFLINE']);
    expect(bob.send('GET USER alice ONLINESTATUS')).toEqual(['USER alice ONLINESTATUS OFFLINE']);
    bob.fresh();
    bob.send('SET USERSTATUS ONLINE');
    expect(bob.fresh()).toEqual([
      'USERSTATUS ONLINE',
      'USERSTATUS ONLINE',
      'USER Bob ONLINESTATUS ONLINE',
      'USER alice MOOD_TEXT busy',
      'USER alice ONLINESTATUS AWAY',
      'USER alice CITY Tallinn',
      'USER carol RECEIVEDAUTHREQUEST it is me',
    ]);
  });

  it('is told of an answer on coming online, and not of a request that was taken back', async () => {
    await using w = await stage();
    const [, bob, carol, dave] = w.clients as [Client, Client, Client, Client];
    carol.send('SET USER Bob BUDDYSTATUS 2');
    carol.send('SET USERSTATUS OFFLINE');
    bob.send('SET USER carol ISAUTHORIZED TRUE');
    dave.send('SET USER carol BUDDYSTATUS 2');
    dave.send('SET USER carol BUDDYSTATUS 1');
    await w.clock.advance(0);
    carol.fresh();
    carol.send('SET USERSTATUS ONLINE');
    const lines = carol.fresh();
    expect(lines).toContain('USER Bob BUDDYSTATUS 3');
    expect(lines.join('\n')).not.toContain('dave');
  });
});

describe('authorisation', () => {
  it('brings, behind its own notification, what may be seen from then on: the profile, the presence', async () => {
    await using w = await stage();
    const [, bob, carol] = w.clients as [Client, Client, Client];
    bob.send('SET PROFILE CITY Tallinn');
    bob.send('SET PROFILE MOOD_TEXT busy');
    carol.send('SET USER Bob BUDDYSTATUS 2');
    await w.clock.advance(0);
    expect(carol.fresh().join('\n')).not.toMatch(/MOOD_TEXT|ONLINESTATUS/);
    bob.send('SET USER carol ISAUTHORIZED TRUE');
    expect(carol.fresh()).toEqual(['USER Bob BUDDYSTATUS 3']);
    await w.clock.advance(0);
    expect(carol.fresh()).toEqual(['USER Bob MOOD_TEXT busy', 'USER Bob ONLINESTATUS ONLINE']);
  });

  it('that is taken back sets the other user to waiting and hides what that user saw; asking again is possible', async () => {
    await using w = await stage();
    const [alice, bob] = w.clients as [Client, Client];
    bob.send('SET USER alice ISAUTHORIZED FALSE');
    await w.clock.advance(0);
    expect(alice.fresh()).toEqual(['USER Bob BUDDYSTATUS 2', 'USER Bob ONLINESTATUS OFFLINE']);
    alice.send('SET USER Bob BUDDYSTATUS 2 why?');
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS alice']);
    bob.send('SET USER alice ISAUTHORIZED TRUE');
    await w.clock.advance(0);
    expect(alice.send('GET USER Bob BUDDYSTATUS')).toEqual(['USER Bob BUDDYSTATUS 3']);
    expect(alice.told('USER Bob ONLINESTATUS').at(-1)).toBe('ONLINE');
  });

  it('may be granted after a refusal, and by asking in return; a request to a user that blocks the sender does not arrive', async () => {
    await using w = await stage();
    const [, bob, carol, dave] = w.clients as [Client, Client, Client, Client];
    const status = (client: Client, handle: string) =>
      client.send(`GET USER ${handle} BUDDYSTATUS`)[0]?.split(' ').at(-1);
    carol.send('SET USER Bob BUDDYSTATUS 2');
    bob.send('SET USER carol ISAUTHORIZED FALSE');
    expect(status(carol, 'Bob')).toBe('2');
    bob.send('SET USER carol ISAUTHORIZED TRUE');
    expect([status(carol, 'Bob'), status(bob, 'carol')]).toEqual(['3', '0']);
    carol.send('SET USER dave BUDDYSTATUS 2');
    dave.send('SET USER carol BUDDYSTATUS 2');
    expect([status(carol, 'dave'), status(dave, 'carol')]).toEqual(['3', '3']);
    expect(dave.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS ']);
    dave.send('SET USER Bob BUDDYSTATUS 2');
    bob.send('SET USER dave ISBLOCKED TRUE');
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS ']);
  });

  it('cannot be asked of oneself, and its request must be one short line', async () => {
    await using w = await world();
    const alice = w.client();
    for (const [command, error] of [
      ['SET USER alice BUDDYSTATUS 2', 519],
      ['SET USER ALICE BUDDYSTATUS 1', 519],
      [`SET USER bob BUDDYSTATUS 2 ${'x'.repeat(1001)}`, 519],
      ['SET USER alice ISAUTHORIZED TRUE', 517],
      ['SET USER alice ISBLOCKED FALSE', 517],
      ['SET USER bob ISBLOCKED PERHAPS', 516],
      ['SET USER nobody ISBLOCKED TRUE', 9],
      ['SET USER ! ISBLOCKED TRUE', 8],
    ] as const) {
      expect(alice.send(command)).toEqual([expect.stringMatching(new RegExp(`^ERROR ${error}\\b`))]);
    }
    expect(w.client('bob').send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS ']);
  });
});

describe('a phone number', () => {
  it('is a contact like others, with a name and the status SkypeOut', async () => {
    await using w = await world();
    const alice = w.client();
    expect(alice.send('SET USER +3725555 BUDDYSTATUS 2').at(-1)).toBe('USER +3725555 BUDDYSTATUS 3');
    alice.send('SET USER 003725555 DISPLAYNAME Mother');
    expect(alice.send('GET USER +3725555 DISPLAYNAME')).toEqual(['USER +3725555 DISPLAYNAME Mother']);
    expect(alice.send('GET USER +3725555 ONLINESTATUS')).toEqual(['USER +3725555 ONLINESTATUS SkypeOut']);
    expect(alice.send('GET USER +3725555 FULLNAME')).toEqual(['USER +3725555 FULLNAME +3725555']);
    expect(alice.send('SEARCH FRIENDS')).toEqual(['USERS +3725555']);
    alice.send('SET USER +3725555 BUDDYSTATUS 1');
    expect(alice.send('SEARCH FRIENDS')).toEqual(['USERS ']);
  });
});
