import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { Scenario } from '../../src/exchange/scenario/scenario.js';
import { replay } from '../../src/exchange/trace/replay.js';
import type { UserOptions } from '../../src/exchange/user-options.js';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import { PARAMETERS } from '../../src/protocol/catalogue/parameters.js';
import type { ObjectSpec } from '../../src/protocol/catalogue/spec.js';
import { EPOCH_MS, folder, settle, type World, world } from './world.js';

const USERS = ['alice', 'bob', 'carol'];

/** All that an exchange knows: of users, of calls, and in its folder. */
function stateOf({ exchange }: World, stateFolder: string): string {
  const users = USERS.map((handle) => {
    const { user } = exchange.endpoint(handle);
    return [[...user.record()], [...user.parameters]];
  });
  const stored = readFileSync(join(stateFolder, 'exchange.jsonl'), 'utf8');
  return JSON.stringify({ users, calls: exchange.calls, stored });
}

const VALUES = fc.oneof(
  fc.constantFrom(
    '',
    'TRUE',
    'ON',
    '1',
    '-1',
    '2 hello',
    '1e9',
    '0,30,+3725555',
    '20070131',
    'PORT="1"',
    'FILE="/x"',
  ),
  fc.constantFrom('a\rb', 'a\nb', 'a\0b', 'TRUE\n', '1\r', '\n', 'ERROR 1\nCALL 1 STATUS FINISHED'),
  fc.constantFrom('x'.repeat(100_000), '<'.repeat(60_000), '\u2028', '\ud800', '__proto__', 'constructor'),
  fc.string(),
);

const WORDS = fc.constantFrom(
  ...Object.keys(PARAMETERS),
  ...Object.values<ObjectSpec>(OBJECTS).flatMap(({ properties, actions }) => [
    ...Object.keys(properties),
    ...Object.keys(actions),
  ]),
);

const COMMANDS = fc.oneof(
  fc.tuple(
    fc.constantFrom('SET PROFILE', 'SET USER bob', 'SET USER nobody', 'SET CALL 1', 'ALTER CALL 1'),
    WORDS,
    VALUES,
  ),
  fc.tuple(fc.constantFrom('SET', 'GET'), WORDS, VALUES),
  fc.tuple(
    fc.constantFrom('CALL bob, alice', 'CALL carol,', 'CALLVOICEMAIL', 'CREATE', 'CLEAR CALLHISTORY'),
    WORDS,
    VALUES,
  ),
  fc.tuple(fc.constantFrom('NAME', 'CALL', 'CALLVOICEMAIL', 'VOICEMAIL', 'OPEN VOICEMAIL'), VALUES, VALUES),
);

describe('a command that is refused', () => {
  it('changes nothing, for any state and command', async () => {
    const stateFolder = folder();
    await using w = await world({ stateFolder });
    const alice = w.client();
    alice.send('CALL bob');
    await w.clock.advance(1000);
    await fc.assert(
      fc.asyncProperty(COMMANDS, async (words) => {
        const before = stateOf(w, stateFolder);
        const [answer = ''] = alice.send(words.join(' '));
        await settle();
        if (!/^ERROR /.test(answer || (alice.lines.at(-1) ?? ''))) return;
        expect(stateOf(w, stateFolder)).toBe(before);
      }),
      { numRuns: 400 },
    );
    expect(w.failures).toEqual([]);
  });

  it('stores nothing: a name of two lines does no harm later', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    for (const end of ['\r', '\n', '\0']) {
      expect(bob.send(`SET PROFILE FULLNAME a${end}b`)).toEqual([expect.stringMatching(/^ERROR \d+ /)]);
      expect(bob.send(`#1 SET USER alice DISPLAYNAME a${end}b`)).toEqual([
        expect.stringMatching(/^#1 ERROR \d+ /),
      ]);
    }
    expect(bob.send('GET PROFILE FULLNAME')).toEqual(['PROFILE FULLNAME bob']);
    alice.send('CALLVOICEMAIL bob');
    await w.clock.advance(20_000);
    expect(alice.told(`VOICEMAIL ${alice.newest('VOICEMAIL')} STATUS`)).toContain('RECORDING');
    expect(w.failures).toEqual([]);
  });

  it('is answered at once when it is a redirection that could not be repeated', async () => {
    await using w = await world();
    const alice = w.client();
    alice.send('CALL bob');
    expect(alice.send('ALTER CALL 1 SET_INPUT FILE="a\rb"')).toEqual([expect.stringMatching(/^ERROR 1 /)]);
  });
});

const BAD_NAMES = ['two\nlines', 'carriage\rreturn', 'nul\0', 'x'.repeat(301)];

describe('invalid values are refused where they enter', () => {
  it.each<[string, (name: string) => UserOptions]>([
    ['fullName', (fullName) => ({ handle: 'jack', fullName })],
    ['profile', (FULLNAME) => ({ handle: 'jack', profile: { FULLNAME } })],
    ['profile mood', (name) => ({ handle: 'jack', profile: { CITY: name.repeat(4) } })],
    ['contacts', (contact) => ({ handle: 'jack', contacts: [contact] })],
    ['handle', (handle) => ({ handle })],
    ['a property that there is not', (name) => ({ handle: 'jack', profile: { [name]: 'x' } })],
  ])('a user with such a %s', async (_what, user) => {
    for (const name of BAD_NAMES) {
      await expect(Exchange.start({ users: [user(name)] })).rejects.toMatchObject({
        code: expect.stringMatching(/ERR_(LINE_BREAK|INVALID_ARG)/),
      });
    }
  });

  it.each<Record<string, string>>([
    { CALL_NOANSWER_TIMEOUT: 'soon' },
    { CALL_FORWARD_RULES: 'x' },
    { BIRTHDAY: 'yesterday' },
    { CALL_APPLY_CF: 'maybe' },
    { constructor: 'x' },
  ])('a profile of %j', async (profile) => {
    await expect(Exchange.start({ users: [{ handle: 'jack', profile }] })).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_(SYNTAX|INVALID_ARG)/),
    });
  });

  it('robots, deposits and lines', async () => {
    const arrive = () => {};
    await using w = await world({
      gateway: {
        lineTo: (handle) => ({ identity: { handle, fullName: 'two\nlines', network: 'PSTN' }, arrive }),
      },
    });
    for (const fullName of BAD_NAMES) {
      const identity = { handle: 'robo', fullName, network: 'P2P' } as const;
      expect(() => w.exchange.addRobot({ identity, arrive })).toThrow(/fullName/);
      const deposit = { to: 'alice', from: { handle: 'robo', fullName }, file: '/x.wav' };
      await expect(w.exchange.deposit(deposit)).rejects.toThrow(/fullName/);
    }
    const from = { handle: 'robo' };
    await expect(
      w.exchange.deposit({ to: 'alice', from, file: '/x.wav', durationSec: Number.NaN }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const alice = w.client();
    alice.send('CALL +3725555');
    await w.clock.advance(1000);
    expect(alice.told('CALL 1 STATUS').at(-1)).toBe('FAILED');
    expect(alice.told('CALL 1 PSTN_STATUS').at(-1)).toMatch(/fullName/);
  });

  it.each([
    { users: [{ handle: 'jack', fullName: 'two\nlines' }] },
    { users: [{ handle: 'jack', profile: { CITY: 'two\rlines' } }] },
    { users: [{ handle: 'jack', profile: { TIMEZONE: 'east' } }] },
    { robots: [{ handle: 'robo', fullName: 'nul\0' }] },
    { numbers: [{ number: '+3725555', outcome: { fail: 1, text: 'two\nlines' } }] },
    { voicemails: [{ to: 'jack', from: 'jill', fullName: 'two\nlines', file: 'x.wav' }] },
  ])('a scenario with %j, with its place', async (scenario) => {
    const path = join(folder(), 'scenario.json');
    writeFileSync(path, JSON.stringify(scenario));
    await expect(Scenario.load(path, new VirtualClock(EPOCH_MS))).rejects.toMatchObject({
      code: 'ERR_SYNTAX',
    });
  });

  it('stored state: invalid parts are reported and left out, the rest is loaded', async () => {
    const stateFolder = folder();
    const entries = [
      { key: 'user/alice/profile/FULLNAME', value: 'two\nlines' },
      { key: 'user/alice/profile/CITY', value: 'Tallinn' },
      { key: 'user/alice/profile/constructor', value: 'x' },
      { key: 'user/alice/contact/bob/SPEEDDIAL', value: 5 },
      {
        key: 'call/7',
        value: { user: 'alice', properties: { STATUS: 'FINISHED', PARTNER_DISPNAME: 'two\nlines' } },
      },
      { key: 'call/8', value: { user: 'alice', properties: { STATUS: 'FINISHED', PARTNER_HANDLE: 'bob' } } },
      { key: 'call/none', value: null },
      { key: 'voicemail/-1', value: { user: 'alice', properties: {} } },
      { key: 'last-id', value: 'many' },
    ];
    mkdirSync(stateFolder, { recursive: true });
    writeFileSync(
      join(stateFolder, 'exchange.jsonl'),
      entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    );
    await using w = await world({ stateFolder });
    await settle();
    expect(w.failures).toHaveLength(6);
    const alice = w.client();
    expect(alice.send('GET PROFILE FULLNAME')).toEqual(['PROFILE FULLNAME alice']);
    expect(alice.send('GET PROFILE CITY')).toEqual(['PROFILE CITY Tallinn']);
    expect(alice.send('SEARCH CALLS')).toEqual(['CALLS 8']);
    expect(alice.send('CALL bob')).toEqual(['CALL 9 STATUS UNPLACED']);
  });

  it.each([
    { at: 0, handle: 'jack', client: 1, direction: 'in', text: 'two\nlines' },
    { at: 'now', handle: 'jack', client: 1, direction: 'in', text: 'PING' },
    { at: 0, stream: 'CALL-1-INPUT', file: '../../etc/passwd' },
    null,
  ])('a tape with %j', async (entry) => {
    const path = folder();
    writeFileSync(join(path, 'lines.jsonl'), `${JSON.stringify(entry)}\n`);
    await expect(replay(path)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
  });
});
