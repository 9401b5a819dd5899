import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import type { ObjectSpec } from '../../src/protocol/catalogue/spec.js';
import { VERBS } from '../../src/protocol/catalogue/verbs.js';
import { type Client, type World, world } from './world.js';

/** What every object of the language has, and no table of the API. */
const INHERITED = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype).filter((name) => name !== 'length'),
];

/** Every place of the API's commands where a name is looked up. */
function* commandsWith(name: string, ids: Readonly<Record<string, number>>): Generator<string> {
  for (const [object, spec] of Object.entries<ObjectSpec>(OBJECTS)) {
    const id = spec.id === 'none' ? '' : ` ${ids[object] ?? (spec.id === 'number' ? 1 : 'bob')}`;
    for (const argument of ['', ' TRUE', ' PORT="9"']) {
      yield `GET ${object}${id} ${name}${argument}`;
      yield `SET ${object}${id} ${name}${argument}`;
      yield `ALTER ${object}${id} ${name}${argument}`;
    }
  }
  for (const verb of Object.keys(VERBS)) yield `${verb} ${name}`;
  yield `${name}`;
  yield `GET PRIVILEGE ${name}`;
  yield `GET ${name} 1 STATUS`;
  yield `SET ${name} 1 STATUS FINISHED`;
  yield `ALTER ${name} 1 HANGUP`;
  yield `CLEAR CALLHISTORY ${name}`;
  yield `CALL ${name}`;
  yield `CALLVOICEMAIL ${name}`;
  yield `OPEN VOICEMAIL ${name}`;
  yield `ALTER CALL ${ids['CALL']} END ${name}`;
  yield `SET CALL ${ids['CALL']} STATUS ${name}`;
  yield `SET USERSTATUS ${name}`;
  yield `SET PROFILE CALL_APPLY_CF ${name}`;
  yield `SET USER bob ISBLOCKED ${name}`;
  yield `SET USER ${name} ISBLOCKED TRUE`;
}

/** Commands whose argument is a name that the client gives, or that nothing of this exchange looks at. */
const TAKES_ANY_NAME = /^(NAME|SEARCH|MESSAGE|CHAT|CREATE|OPEN|BTN_PRESSED|BTN_RELEASED) /;

describe('names that every JavaScript object has', () => {
  let w: World;
  let alice: Client;
  let ids: Readonly<Record<string, number>>;

  beforeAll(async () => {
    w = await world();
    alice = w.client();
    alice.send('CALL bob');
    w.client('bob').send('CALLVOICEMAIL alice');
    await w.clock.advance(3000);
    alice.send('SEARCH GREETING bob');
    const greeting = Number(/VOICEMAILS (\d+)/.exec(alice.lines.at(-1) ?? '')?.[1]);
    ids = { CALL: alice.newest('CALL'), VOICEMAIL: greeting };
  });
  afterAll(() => w[Symbol.asyncDispose]());

  it.each(INHERITED)('are not words of the API: %s', async (name) => {
    for (const command of commandsWith(name, ids)) {
      const answers = alice.send(command);
      await Promise.resolve();
      if (TAKES_ANY_NAME.test(command)) continue;
      expect({ command, answer: answers[0] }).toEqual({
        command,
        answer: expect.stringMatching(/^ERROR \d+/),
      });
    }
    expect(alice.send('PING')).toEqual(['PONG']);
  });
});

describe('line breaks and NUL in commands of a client', () => {
  it.each(['\r', '\n', '\0', '\r\n'])(
    'are refused with the command, and notified to nobody: %j',
    async (mark) => {
      const said = `a${mark}CALL mallory`;
      await using w = await world();
      const [alice, other, bob] = [w.client(), w.client(), w.client('bob')];
      for (const command of [
        'SET USER bob DISPLAYNAME',
        'SET PROFILE ABOUT',
        'SET WALLPAPER',
        'SET RINGTONE 1',
        'SET USER bob BUDDYSTATUS 2',
        'GET USER bob AVATAR 1',
        'OPEN IM bob',
      ]) {
        const before = alice.lines.length;
        alice.send(`${command} ${said}`);
        while (alice.lines.length === before) await w.clock.advance(1);
        expect({ command, answer: alice.lines.at(-1) }).toEqual({
          command,
          answer: expect.stringMatching(/^ERROR /),
        });
      }
      expect(alice.lines.join('')).not.toMatch(/[\r\n\0]/);
      expect([...other.fresh(), ...bob.fresh()]).toEqual([]);
    },
  );
});
