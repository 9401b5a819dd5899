import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { get, search } from '../chats/chat-stage.js';
import { type Client, folder, type World, world } from '../world.js';
import { createGroup, hardwiredOf, valueIn } from './groups-stage.js';

const USERS = [
  { handle: 'alice', contacts: ['bob', 'carol'] },
  { handle: 'bob', contacts: ['alice'] },
  { handle: 'carol', contacts: ['alice'] },
];

const arrive = (w: World) => w.clock.advance(500);
const custom = (client: Client) => client.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/)?.[0] ?? '';
const chatLines = (client: Client) => client.fresh().filter((line) => line.startsWith('CHAT'));

/** Alice shares a group with Bob and Carol. */
async function shared(w: World) {
  const [alice, bob, carol] = [w.client(), w.client('bob'), w.client('carol')];
  const id = createGroup(alice, 'Band');
  for (const handle of ['bob', 'carol']) alice.send(`ALTER GROUP ${id} ADDUSER ${handle}`);
  alice.send(`ALTER GROUP ${id} SHARE join us`);
  await arrive(w);
  const [chat = ''] = search(alice, 'CHATS');
  return { alice, bob, carol, id, chat };
}

describe('the chat of a shared group', () => {
  it('exists for all members, who are asked to accept it by the group or by the chat', async () => {
    await using w = await world({ users: USERS });
    const { alice, bob, carol, id, chat } = await shared(w);
    for (const each of [alice, bob, carol]) {
      expect(search(each, 'CHATS')).toEqual([chat]);
      expect(search(each, 'RECENTCHATS')).toEqual([]);
      expect([get(each, chat, 'TYPE'), get(each, chat, 'DESCRIPTION')]).toEqual(['SHAREDGROUP', 'Band']);
    }
    const standings = () => [alice, bob, carol].map((each) => get(each, chat, 'MYSTATUS'));
    expect(standings()).toEqual(['SUBSCRIBED', 'ACCEPT_REQUIRED', 'ACCEPT_REQUIRED']);
    expect(get(alice, chat, 'ACTIVEMEMBERS')).toBe('alice');
    expect(bob.lines).toContain(`CHAT ${chat} MYSTATUS ACCEPT_REQUIRED`);
    bob.fresh();
    expect(bob.send(`ALTER GROUP ${custom(bob)} ACCEPT`)[0]).toMatch(/^ALTER GROUP/);
    expect(bob.fresh()).toContain(`CHAT ${chat} MYSTATUS SUBSCRIBED`);
    expect(carol.send(`ALTER CHAT ${chat} ACCEPTADD`)[0]).toBe('ALTER CHAT ACCEPTADD');
    expect(carol.send(`ALTER CHAT ${chat} ACCEPTADD`)[0]).toMatch(/^ERROR 504/);
    expect(valueIn(carol, custom(carol), 'TYPE')).toBe('SHARED_GROUP');
    await arrive(w);
    expect(standings()).toEqual(['SUBSCRIBED', 'SUBSCRIBED', 'SUBSCRIBED']);
    expect(get(alice, chat, 'ACTIVEMEMBERS')).toBe('alice bob carol');
    expect(carol.send('GET USER bob BUDDYSTATUS')).toEqual(['USER bob BUDDYSTATUS 3']);
    alice.fresh();
    bob.send(`SET GROUP ${custom(bob)} DISPLAYNAME Orchestra`);
    expect(alice.fresh()).toEqual([
      `GROUP ${id} DISPLAYNAME Orchestra`,
      `CHAT ${chat} DESCRIPTION Orchestra`,
    ]);
  });

  it('is left together with the group, and the group with the chat', async () => {
    await using w = await world({ users: USERS });
    const { alice, bob, carol, id, chat } = await shared(w);
    bob.send(`ALTER GROUP ${custom(bob)} DECLINE`);
    expect([get(bob, chat, 'MYSTATUS'), get(alice, chat, 'MEMBERS')]).toEqual([
      'UNSUBSCRIBED',
      'alice carol',
    ]);
    carol.send(`ALTER CHAT ${chat} ACCEPTADD`);
    await arrive(w);
    carol.fresh();
    expect(carol.send(`ALTER CHAT ${chat} LEAVE`)[0]).toBe('ALTER CHAT LEAVE');
    expect(carol.fresh().some((line) => line.startsWith('DELETED GROUP'))).toBe(true);
    expect([custom(carol), valueIn(alice, id, 'USERS')]).toEqual(['', '']);
    // Once more for Carol, who comes only later.
    carol.send('SET USERSTATUS OFFLINE');
    alice.send(`ALTER GROUP ${id} ADDUSER carol`);
    await arrive(w);
    expect(chatLines(carol)).toEqual([]);
    carol.send('SET USERSTATUS ONLINE');
    await arrive(w);
    expect(get(carol, chat, 'MYSTATUS')).toBe('ACCEPT_REQUIRED');
    alice.send(`DELETE GROUP ${id}`);
    expect([get(alice, chat, 'MYSTATUS'), get(carol, chat, 'MEMBERS')]).toEqual(['UNSUBSCRIBED', 'carol']);
  });

  it('is changed by the group only: no chat command adds or removes anybody', async () => {
    await using w = await world({ users: [...USERS, { handle: 'dave' }] });
    const { alice, bob, chat } = await shared(w);
    bob.send(`ALTER CHAT ${chat} ACCEPTADD`);
    for (const client of [alice, bob]) {
      for (const act of [
        ...['ADDMEMBERS dave', 'KICK carol', 'KICKBAN carol', 'DISBAND', 'JOIN', 'SETOPTIONS 1'],
        ...['SETPASSWORD a b', 'SETTOPIC ours', 'SETGUIDELINES ours', 'ENTERPASSWORD a'],
      ]) {
        expect(client.send(`ALTER CHAT ${chat} ${act}`)[0], act).toMatch(/^ERROR 5\d\d/);
      }
      expect(get(client, chat, 'BLOB')).toBe('');
    }
    bob.send(`ALTER CHAT ${chat} LEAVE`);
    expect(bob.send(`ALTER CHAT ${chat} JOIN`)[0]).toMatch(/^ERROR 504/);
    const dave = w.client('dave');
    for (const command of [`GET CHAT ${chat} DESCRIPTION`, `ALTER CHAT ${chat} ACCEPTADD`]) {
      expect(dave.send(command)[0]).toMatch(/^ERROR 501/);
    }
  });

  it('is the same after a restart, also when a kill has kept only the group or only the chat', async () => {
    const stateFolder = folder();
    const w = await world({ users: USERS, stateFolder });
    const { bob, chat } = await shared(w);
    bob.send(`ALTER CHAT ${chat} ACCEPTADD`);
    await w[Symbol.asyncDispose]();
    const copy = (lost: RegExp) => {
      const killed = folder();
      for (const file of readdirSync(stateFolder).filter(
        (name) => /^(exchange|chats)/.test(name) && !lost.test(name),
      )) {
        copyFileSync(join(stateFolder, file), join(killed, file));
      }
      return killed;
    };
    const seen = async (state: string) => {
      await using again = await world({ users: USERS, stateFolder: state });
      const clients = ['alice', 'bob', 'carol'].map((handle) => again.client(handle));
      await arrive(again);
      expect(again.failures).toEqual([]);
      const of = (client: Client) => search(client, 'CHATS').map((each) => get(client, each, 'MYSTATUS'));
      return clients.map((client) => [custom(client) !== '', ...of(client)]);
    };
    const whole = [
      [true, 'SUBSCRIBED'],
      [true, 'SUBSCRIBED'],
      [true, 'ACCEPT_REQUIRED'],
    ];
    expect(await seen(copy(/none/))).toEqual(whole);
    expect(await seen(copy(/^chats/))).toEqual(whole);
    const over = [false, 'UNSUBSCRIBED'];
    expect(await seen(copy(/^exchange/))).toEqual([over, over, over]);
  });
});

it('hardwired groups keep their ids over a restart, also when the earlier run had made only some of them', async () => {
  const stateFolder = folder();
  const w = await world({ users: USERS, stateFolder });
  const before = hardwiredOf(w.client());
  await w[Symbol.asyncDispose]();
  await using again = await world({ users: USERS, stateFolder });
  expect(hardwiredOf(again.client())).toEqual(before);
  expect(Object.keys(before)).toHaveLength(11);
});
