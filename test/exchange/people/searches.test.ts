import { describe, expect, it } from 'vitest';
import { SEARCHES, type SearchSpec } from '../../../src/protocol/catalogue/searches.js';
import { world } from '../world.js';

const USERS = [
  { handle: 'alice' },
  { handle: 'bob', fullName: 'Robert Ängström', email: 'Bob@Example.org', aliases: ['bobby', 'big b'] },
  { handle: 'echo1232885', fullName: 'bob the echo' },
];

describe('SEARCH', () => {
  it('accepts or refuses a target, each form with its own error', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    for (const [what, spec] of Object.entries<SearchSpec>(SEARCHES)) {
      const answer = (target: string) => alice.send(`SEARCH ${what}${target}`)[0] ?? '';
      const refused = new RegExp(`^ERROR ${spec.errors[0]} `);
      if (spec.target?.required) expect(answer('')).toMatch(refused);
      else expect(answer('')).toMatch(new RegExp(`^${spec.list} `));
      if (!spec.target) expect(answer(' bob')).toMatch(refused);
      if (spec.target?.name !== 'handle') continue;
      for (const target of ['!', '#x', '$', 'bob carol', 'x', '1bob'])
        expect(answer(` ${target}`)).toMatch(refused);
      for (const sign of ['¤', '€', '£']) {
        expect(answer(` bob${sign}`)).toMatch(
          spec.errors.includes(8) ? /^ERROR 8 Invalid user handle$/ : refused,
        );
      }
      if (!spec.target.required) expect(answer(' nobody')).toBe(`${spec.list} `);
    }
    for (const line of ['SEARCH', 'SEARCH NONSENSE', 'SEARCH NONSENSE bob']) {
      expect(alice.send(line)).toEqual(['ERROR 3 Search: unknown WHAT']);
    }
  });
});

describe('SEARCH USERS', () => {
  it.each([
    ['echo123', ['echo123', 'echo1232885'], 'part of a handle'],
    ['BOB', ['bob', 'echo1232885'], 'a handle, and part of a name, in any case'],
    ['bob the', ['echo1232885'], 'no handle: names alone'],
    ['ÄNGSTRÖM', ['bob'], 'a name in any case'],
    ['A\u0308ngstro\u0308m', ['bob'], 'a name that is composed in another way'],
    ['b', ['bob', 'echo1232885'], 'too short for a handle: names alone, where it is part of both'],
    ['ob', ['bob', 'echo1232885'], 'part of a handle'],
    ['bob@example.org', ['bob'], 'an e-mail address'],
    ['bob@example', [], 'part of an e-mail address'],
    ['@', [], 'no address'],
    ['bobby', ['bob'], 'an alias'],
    ['big b', ['bob'], 'an alias that is no handle'],
    ['big', [], 'part of an alias'],
    ['+37259877305', [], 'a phone number'],
    ['__proto__', [], 'no name'],
  ])('%j finds %j: %s', async (text, handles) => {
    await using w = await world({ users: USERS });
    expect(w.client().send(`SEARCH USERS ${text}`)).toEqual([`USERS ${handles.join(', ')}`]);
  });

  it('shows an alias to the user that searched for it until the next search, and an address to nobody', async () => {
    await using w = await world({ users: USERS });
    const [alice, other] = [w.client(), w.client('echo1232885')];
    const aliases = () => alice.send('GET USER bob ALIASES');
    expect(aliases()).toEqual(['USER bob ALIASES ']);
    alice.send('SEARCH USERS BOBBY');
    expect(aliases()).toEqual(['USER bob ALIASES bobby']);
    expect(other.send('GET USER bob ALIASES')).toEqual(['USER bob ALIASES ']);
    alice.send('SEARCH FRIENDS');
    expect(aliases()).toEqual(['USER bob ALIASES ']);
    expect(w.client('bob').lines.join('\n')).not.toMatch(/example/i);
  });

  it('forgets strangers with the next SEARCH when that is configured, but never contacts', async () => {
    await using w = await world({ users: USERS, searchForgets: true });
    const alice = w.client();
    const name = (handle: string) => alice.send(`GET USER ${handle} FULLNAME`)[0]?.split('FULLNAME ')[1];
    expect(name('bob')).toBe('Robert Ängström');
    alice.send('SEARCH USERS bob');
    expect([name('bob'), name('echo1232885')]).toEqual(['Robert Ängström', 'bob the echo']);
    alice.send('SEARCH CALLS !');
    expect(name('bob')).toBe('Robert Ängström');
    alice.send('SEARCH USERS the echo');
    expect([name('bob'), name('echo1232885')]).toEqual(['', 'bob the echo']);
    expect(alice.send('GET USER bob HANDLE')).toEqual(['USER bob HANDLE bob']);
    alice.send('SEARCH CALLS');
    expect(name('echo1232885')).toBe('');
    alice.send('SET USER echo1232885 BUDDYSTATUS 2');
    expect(name('echo1232885')).toBe('bob the echo');
    alice.send('SEARCH USERS bobby');
    expect(name('bob')).toBe('Robert Ängström');
    expect(name('alice')).toBe('alice');
  });
});
