import { describe, expect, it } from 'vitest';
import { CALL } from '../../../src/protocol/catalogue/call.js';
import type { PropertySpec } from '../../../src/protocol/catalogue/spec.js';
import { decodeProperty } from '../../../src/protocol/values.js';
import { idOf, ringing, statuses, talking } from '../talking.js';
import { type Client, settle, type World, world } from '../world.js';

const never = ['notify', 'write'];
const READABLE = Object.entries<PropertySpec>(CALL.properties).filter(
  ([, { access = 'read', argument }]) => !never.includes(access) && argument === undefined,
);

describe('GET CALL', () => {
  it.each(READABLE.map(([property]) => property))(
    'answers %s with a blank after the name, and a value of its type where there is one',
    async (property) => {
      await using w = await world();
      const { alice, out } = await ringing(w);
      const [line = ''] = alice.send(`GET CALL ${out} ${property}`);
      expect(line).toMatch(new RegExp(`^CALL ${out} ${property} `));
      const value = line.slice(`CALL ${out} ${property} `.length);
      if (value !== '') decodeProperty('CALL', property as 'STATUS', value);
    },
  );

  it('SEEN is FALSE for a call that was not; SET CALL SEEN notifies every client, once', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await ringing(w);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const other = w.client('bob');
    expect(bob.send(`GET CALL ${in_} SEEN`)).toEqual([`CALL ${in_} SEEN FALSE`]);
    expect(alice.send(`GET CALL ${out} SEEN`)).toEqual([`CALL ${out} SEEN FALSE`]);
    expect(bob.send(`#3 SET CALL ${in_} SEEN`)).toEqual([
      `#3 CALL ${in_} SEEN TRUE`,
      `CALL ${in_} SEEN TRUE`,
    ]);
    expect(other.fresh()).toEqual([`CALL ${in_} SEEN TRUE`]);
    expect(bob.send(`GET CALL ${in_} SEEN`)).toEqual([`CALL ${in_} SEEN TRUE`]);
    expect(bob.send(`SET CALL ${in_} SEEN`)).toEqual([`CALL ${in_} SEEN TRUE`]);
    expect(other.fresh()).toEqual([]);
  });

  it('CONF_PARTICIPANT counted from 0 answers like 1; an unknown participant is refused', async () => {
    await using w = await world({ users: ['alice', 'bob', 'carol'].map((handle) => ({ handle })) });
    const [alice, bob, carol] = [w.client('alice'), w.client('bob'), w.client('carol')];
    alice.send('CALL bob, carol');
    await w.clock.advance(600);
    for (const client of [bob, carol]) client.send(`ALTER CALL ${client.newest('CALL')} ANSWER`);
    await w.clock.advance(600);
    const id = bob.newest('CALL');
    const participant = (index: string) => bob.send(`GET CALL ${id} CONF_PARTICIPANT ${index}`)[0];
    const [first, second] = [participant('1'), participant('2')];
    expect([first, second]).toEqual([
      expect.stringMatching(/CONF_PARTICIPANT 1 (bob|carol) INCOMING_P2P INPROGRESS/),
      expect.stringMatching(/CONF_PARTICIPANT 2 (bob|carol) INCOMING_P2P INPROGRESS/),
    ]);
    expect(participant('0')).toBe(first?.replace('CONF_PARTICIPANT 1', 'CONF_PARTICIPANT 0'));
    for (const index of ['3', '-1', '1.5', '1e0', 'x', '']) {
      expect(participant(index)).toBe('ERROR 71 Invalid conference participant NO');
    }
    // The reference counts none for the host, who has each of them in a call of its own.
    for (const call of [1, 2]) {
      expect(alice.send(`GET CALL ${call} CONF_PARTICIPANTS_COUNT`)).toEqual([
        `CALL ${call} CONF_PARTICIPANTS_COUNT 0`,
      ]);
      expect(alice.send(`GET CALL ${call} CONF_PARTICIPANT 1`)[0]).toMatch(/^ERROR 71 /);
    }
  });
});

describe('ALTER CALL n END REDIRECT_TO_VOICEMAIL', () => {
  /** The caller's statuses, when he has left a message of a second. */
  async function leaves(w: World, caller: Client, id: number): Promise<string[]> {
    const until = async (status: string) => {
      for (let step = 0; step < 2000 && !statuses(caller, id).includes(status); step++) {
        await settle();
        await w.clock.advance(20);
      }
    };
    await until('VM_RECORDING');
    caller.send(`ALTER CALL ${id} HANGUP`);
    await until('VM_SENT');
    return statuses(caller, id);
  }

  it.each(['FALSE', 'TRUE'])('works for any CALL_SEND_TO_VM: %s', async (setting) => {
    await using w = await world();
    w.client('bob').send(`SET PROFILE CALL_SEND_TO_VM ${setting}`);
    const { alice, bob, out, in_ } = await ringing(w);
    const command = `ALTER CALL ${in_} END REDIRECT_TO_VOICEMAIL`;
    expect(bob.send(command)[0]).toBe(command);
    expect(statuses(bob, in_).at(-1)).toBe('REFUSED');
    expect((await leaves(w, alice, out)).at(-1)).toBe('VM_SENT');
    expect(bob.send('SEARCH VOICEMAILS')[0]).toMatch(/^VOICEMAILS \d+$/);
  });

  it('goes to the voicemail of the last callee when the call was forwarded', async () => {
    await using w = await world();
    const bob = w.client('bob');
    bob.send('SET PROFILE CALL_APPLY_CF TRUE');
    bob.send('SET PROFILE CALL_FORWARD_RULES 0,30,carol');
    bob.send('SET PROFILE CALL_NOANSWER_TIMEOUT 1');
    const { alice, out } = await ringing(w);
    await w.clock.advance(1000);
    const carol = w.client('carol');
    const id = idOf(carol.send('SEARCH ACTIVECALLS')[0]);
    carol.send(`ALTER CALL ${id} END REDIRECT_TO_VOICEMAIL`);
    await leaves(w, alice, out);
    expect(carol.send('SEARCH VOICEMAILS')[0]).toMatch(/^VOICEMAILS \d+$/);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS ']);
  });

  it('takes a transferred call, too, which then ends for the user that transferred it', async () => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    const carol = w.client('carol');
    bob.send(`ALTER CALL ${in_} TRANSFER carol`);
    await w.clock.advance(1000);
    carol.send(`ALTER CALL ${carol.newest('CALL')} END REDIRECT_TO_VOICEMAIL`);
    expect((await leaves(w, alice, out)).at(-1)).toBe('VM_SENT');
    expect(carol.send('SEARCH VOICEMAILS')[0]).toMatch(/^VOICEMAILS \d+$/);
    expect(statuses(bob, in_).slice(-2)).toEqual(['TRANSFERRING', 'TRANSFERRED']);
  });

  it('is refused where the callee has no voicemail, and the call rings on', async () => {
    await using w = await world({ users: [{ handle: 'alice' }, { handle: 'bob', voicemail: false }] });
    const { alice, bob, out, in_ } = await ringing(w);
    expect(bob.send(`ALTER CALL ${in_} END REDIRECT_TO_VOICEMAIL`)).toEqual([
      'ERROR 559 CALL: Action failed',
    ]);
    bob.send(`ALTER CALL ${in_} ANSWER`);
    expect(statuses(alice, out).at(-1)).toBe('INPROGRESS');
  });
});

describe('CLEAR CALLHISTORY', () => {
  it.each([
    ['CLEAR CALLHISTORY ALL ALL', []],
    ['CLEAR CALLHISTORY all all', []],
    ['CLEAR CALLHISTORY OUTGOING ALL', []],
    ['CLEAR CALLHISTORY ALL', []],
    ['CLEAR CALLHISTORY INCOMING ALL', ['bob', 'carol']],
    ['CLEAR CALLHISTORY ALL bob', ['carol']],
  ])('%s: the second ALL means every user', async (command, left) => {
    await using w = await world();
    const alice = w.client();
    const partners = new Map<number, string>();
    for (const handle of ['bob', 'carol']) {
      const id = idOf(alice.send(`CALL ${handle}`)[0]);
      alice.send(`ALTER CALL ${id} HANGUP`);
      partners.set(id, handle);
    }
    expect(alice.send(command)).toEqual([command, 'CALLHISTORYCHANGED']);
    const ids = [...(alice.send('SEARCH CALLS')[0] ?? '').matchAll(/\d+/g)].map(([id]) => Number(id));
    expect(ids.map((id) => partners.get(id))).toEqual(left);
  });
});

describe('DTMF while a call still rings', () => {
  it.each(['SET CALL %d DTMF 12#', 'ALTER CALL %d DTMF 12#'])(
    'is kept and sent when it is answered: %s',
    async (command) => {
      await using w = await world();
      const { alice, bob, out, in_ } = await ringing(w);
      expect(alice.send(command.replace('%d', String(out)))).toEqual([command.replace('%d', String(out))]);
      alice.send('BTN_RELEASED 5');
      expect(bob.send(`SET CALL ${in_} DTMF 9`)).toEqual([`SET CALL ${in_} DTMF 9`]);
      expect(bob.told(`CALL ${in_} DTMF`)).toEqual([]);
      bob.send(`ALTER CALL ${in_} ANSWER`);
      await w.clock.advance(1000);
      expect(bob.told(`CALL ${in_} DTMF`)).toEqual(['1', '2', '#', '5']);
      expect(alice.told(`CALL ${out} DTMF`)).toEqual(['9']);
      for (const [client, id] of [
        [alice, out],
        [bob, in_],
      ] as const) {
        const connected = client.lines.indexOf(`CALL ${id} STATUS INPROGRESS`);
        expect(client.lines.findIndex((line) => line.startsWith(`CALL ${id} DTMF `))).toBeGreaterThan(
          connected,
        );
      }
      alice.send(`SET CALL ${out} DTMF 3`);
      expect(bob.told(`CALL ${in_} DTMF`)).toEqual(['1', '2', '#', '5', '3']);
    },
  );

  it('is kept before the call rings, too; up to 100 digits are kept; a finished call takes none', async () => {
    await using w = await world();
    const alice = w.client();
    const out = idOf(alice.send('CALL bob')[0]);
    alice.send(`SET CALL ${out} DTMF ${'1'.repeat(60)}`);
    expect(alice.send(`SET CALL ${out} DTMF ${'2'.repeat(41)}`)).toEqual(['ERROR 42 Invalid DTMF code']);
    expect(alice.send(`ALTER CALL ${out} DTMF ${'2'.repeat(41)}`)).toEqual(['ERROR 559 CALL: Action failed']);
    expect(alice.send(`SET CALL ${out} DTMF x`)).toEqual(['ERROR 42 Invalid DTMF code']);
    await w.clock.advance(600);
    const bob = w.client('bob');
    const in_ = idOf(bob.send('SEARCH ACTIVECALLS')[0]);
    bob.send(`ALTER CALL ${in_} ANSWER`);
    expect(bob.told(`CALL ${in_} DTMF`)).toHaveLength(60);
    alice.send(`ALTER CALL ${out} HANGUP`);
    expect(alice.send(`SET CALL ${out} DTMF 1`)).toEqual(['ERROR 41 Call not active']);
    expect(alice.send(`ALTER CALL ${out} DTMF 1`)).toEqual(['ERROR 559 CALL: Action failed']);
  });
});

describe('ALTER CALL n TRANSFER', () => {
  it.each([
    ['carol', ['carol']],
    ['"carol"', ['carol']],
    ['"carol", "dave"', ['carol', 'dave']],
    ['"carol, dave"', ['carol', 'dave']],
    ['carol,"dave"', ['carol', 'dave']],
    ['"c,d"', ['c,d']],
    [' " carol " ', ['carol']],
  ])('takes its targets quoted: %s', async (targets, rung) => {
    const handles = ['alice', 'bob', 'carol', 'dave', 'c,d'];
    await using w = await world({ users: handles.map((handle) => ({ handle })) });
    const others = new Map(handles.slice(2).map((handle) => [handle, w.client(handle)]));
    const { bob, in_ } = await talking(w);
    expect(bob.send(`GET CALL ${in_} CAN_TRANSFER "carol"`)).toEqual([
      `CALL ${in_} CAN_TRANSFER "carol" TRUE`,
    ]);
    expect(bob.send(`ALTER CALL ${in_} TRANSFER ${targets}`)[0]).toBe(
      `ALTER CALL ${in_} TRANSFER ${targets.trim()}`,
    );
    await w.clock.advance(1000);
    const ringing = [...others].filter(([, client]) =>
      client.lines.some((line) => line.endsWith('STATUS RINGING')),
    );
    expect(ringing.map(([handle]) => handle)).toEqual(rung);
  });

  it.each(['', '""', '","', '"nobody"'])('refuses targets that name no user: %j', async (targets) => {
    await using w = await world();
    const { alice, bob, out, in_ } = await talking(w);
    expect(bob.send(`ALTER CALL ${in_} TRANSFER ${targets}`)[0]).toMatch(/^ERROR (558|93) /);
    expect(statuses(alice, out).at(-1)).toBe('INPROGRESS');
  });
});
