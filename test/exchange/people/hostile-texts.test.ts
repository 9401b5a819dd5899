import { expect, it } from 'vitest';
import { world } from '../world.js';
import { createGroup, valueIn } from './groups-stage.js';

/** Texts that would like to be more than text. */
const TEXTS = [
  'a "b" \'c\'; d, e',
  'USER bob BUDDYSTATUS 3',
  '\u202Eevil\u202C \u200F\u2066x',
  '\u2028two\u2029lines\u0085',
  '<b>&amp;</b> %n `y` \\n',
  '__proto__',
  'é👩‍👩‍👧'.repeat(30),
];
/** Handles as odd as handles can be. */
const HANDLES = ['a,', 'c,d', 'x.:-_', `z${'9'.repeat(31)}`];

it('names and texts are answered unchanged on one line, and change nothing else', async () => {
  await using w = await world({ users: [{ handle: 'alice' }, ...HANDLES.map((handle) => ({ handle }))] });
  const alice = w.client();
  for (const [index, text] of TEXTS.entries()) {
    const handle = HANDLES[index % HANDLES.length] ?? '';
    const other = w.client(handle);
    alice.send(`SET USER ${handle} BUDDYSTATUS 1`);
    other.send('SET USER alice ISAUTHORIZED FALSE');
    other.fresh();
    expect(alice.send(`SET USER ${handle} DISPLAYNAME ${text}`)).toEqual([
      `USER ${handle} DISPLAYNAME ${text}`,
      `USER ${handle} DISPLAYNAME ${text}`,
    ]);
    alice.send(`SET USER ${handle} BUDDYSTATUS 2 ${text}`);
    expect(other.fresh()).toEqual([`USER alice RECEIVEDAUTHREQUEST ${text}`]);
    const id = createGroup(alice, text);
    for (const each of HANDLES) {
      alice.send(`SET USER ${each} BUDDYSTATUS 2`);
      alice.send(`ALTER GROUP ${id} ADDUSER ${each}`);
    }
    expect(valueIn(alice, id, 'DISPLAYNAME')).toBe(text);
    expect(valueIn(alice, id, 'NROFUSERS')).toBe(String(HANDLES.length));
    alice.send(`ALTER GROUP ${id} REMOVEUSER a,`);
    expect(new Set(valueIn(alice, id, 'USERS').split(/(?<!,), /))).toEqual(new Set(HANDLES.slice(1)));
    expect(alice.send(`SEARCH USERS ${text}`)).toEqual(['USERS ']);
  }
  expect(alice.lines.every((line) => !/[\r\n\0]/.test(line))).toBe(true);
  expect(w.failures).toEqual([]);
});

it.each(['\r', '\n', '\0', 'x'.repeat(1_000_000)])(
  'a text with %j or of a megabyte is refused and not stored',
  async (odd) => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const id = createGroup(alice, 'Family');
    for (const command of [
      'SET USER bob DISPLAYNAME',
      'SET USER bob BUDDYSTATUS 2',
      'CREATE GROUP',
      `SET GROUP ${id} DISPLAYNAME`,
      `ALTER GROUP ${id} ADDUSER`,
      'SET PROFILE FULLNAME',
      'SET PROFILE MOOD_TEXT',
    ]) {
      expect(alice.send(`${command} a${odd}b`)).toEqual([expect.stringMatching(/^ERROR \d+ /)]);
    }
    expect(bob.fresh()).toEqual([]);
    expect(alice.send('GET USER bob BUDDYSTATUS')).toEqual(['USER bob BUDDYSTATUS 0']);
    expect(alice.send('SEARCH GROUPS CUSTOM')).toEqual([`GROUPS ${id}`]);
  },
);
