import { describe, expect, it } from 'vitest';
import { type Client, folder, type World, world } from '../world.js';
import { arrive, chatOf, chatWith, get, said, search, types } from './chat-stage.js';

const DAY_MS = 86_400_000;
const away = (client: Client) => client.send('SET USERSTATUS OFFLINE');
const back = (client: Client) => client.send('SET USERSTATUS ONLINE');

describe('an absent member', () => {
  it('gets a message on coming online; until then the message is SENDING', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    away(bob);
    alice.send('MESSAGE bob hello');
    await arrive(w);
    const chat = chatOf(alice);
    expect(alice.lines.filter((line) => / SENT$/.test(line))).toEqual([]);
    expect(get(alice, chat, 'ACTIVEMEMBERS')).toBe('alice');
    expect(search(bob, 'CHATS')).toEqual([]);
    expect(bob.lines.filter((line) => /^CHAT/.test(line))).toEqual(['CHATS ']);
    back(bob);
    await arrive(w);
    expect(alice.lines.filter((line) => / SENT$/.test(line))).toHaveLength(2);
    expect([get(alice, chat, 'ACTIVEMEMBERS'), said(bob, chat)]).toEqual(['alice bob', ['hello']]);
  });

  it('becomes active by acknowledging being added, and stays active', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    away(bob);
    const chat = await chatWith(w, alice, 'bob', 'carol');
    expect([get(alice, chat, 'MEMBERS'), get(alice, chat, 'ACTIVEMEMBERS')]).toEqual([
      'alice bob carol',
      'alice carol',
    ]);
    back(bob);
    await arrive(w);
    away(bob);
    await arrive(w);
    expect(get(alice, chat, 'ACTIVEMEMBERS')).toBe('alice bob carol');
  });

  it('gets no more than 400 messages, and a GAP_IN_CHAT before them', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const chat = await chatWith(w, alice, 'bob', 'carol');
    away(bob);
    for (let n = 1; n <= 410; n++) alice.send(`CHATMESSAGE ${chat} ${n}`);
    await arrive(w);
    back(bob);
    await arrive(w);
    const got = said(bob, chat);
    expect([got.length, got[0], got.at(-1)]).toEqual([400, '11', '410']);
    expect(types(bob, chat).filter((type) => type === 'GAP_IN_CHAT')).toHaveLength(1);
    expect(types(bob, chat).indexOf('GAP_IN_CHAT')).toBe(types(bob, chat).indexOf('SAID') - 1);
    expect(said(w.client('carol'), chat)).toHaveLength(410);
    const old = w.client('bob', { protocol: 6 });
    const gap = get(bob, chat, 'CHATMESSAGES').split(', ')[types(bob, chat).indexOf('GAP_IN_CHAT')];
    expect(old.send(`GET CHATMESSAGE ${gap} TYPE`)).toEqual([`CHATMESSAGE ${gap} TYPE UNKNOWN`]);
  });

  it('gets everything that is written while online, also at once, in a new chat and after a restart', async () => {
    const stateFolder = folder();
    let chat = '';
    const count = (client: Client) => get(client, chat, 'CHATMESSAGES').split(', ').filter(Boolean).length;
    const writes = async (w: World, alice: Client) => {
      for (let n = 1; n <= 410; n++) alice.send(`CHATMESSAGE ${chat} ${n}`);
      await arrive(w);
    };
    {
      await using w = await world();
      const [alice, bob] = [w.client(), w.client('bob')];
      alice.send('CHAT CREATE bob');
      chat = chatOf(alice);
      await writes(w, alice);
      expect(said(bob, chat)).toHaveLength(410);
      expect(types(alice, chat)).not.toContain('GAP_IN_CHAT');
    }
    {
      await using w = await world({ stateFolder });
      chat = await chatWith(w, w.client(), 'bob');
    }
    await using w = await world({ stateFolder });
    const bob = w.client('bob');
    const before = count(bob);
    await writes(w, w.client());
    expect(count(bob) - before).toBe(410);
  });

  it('gets nothing that is older than two weeks', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const chat = await chatWith(w, alice, 'bob', 'carol');
    away(bob);
    alice.send(`CHATMESSAGE ${chat} old`);
    await w.clock.advance(15 * DAY_MS);
    alice.send(`CHATMESSAGE ${chat} new`);
    await arrive(w);
    back(bob);
    await arrive(w);
    expect([said(bob, chat), types(bob, chat).includes('GAP_IN_CHAT')]).toEqual([['new'], true]);
  });

  it('gets the changes of the chat on returning', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const chat = await chatWith(w, alice, 'bob', 'carol');
    away(bob);
    bob.fresh();
    alice.send(`ALTER CHAT ${chat} SETTOPIC news`);
    alice.send(`ALTER CHAT ${chat} KICK bob`);
    await arrive(w);
    expect(bob.fresh().filter((line) => line.startsWith('CHAT'))).toEqual([]);
    back(bob);
    await arrive(w);
    expect(bob.lines).toContain(`CHAT ${chat} MYSTATUS KICKED`);
  });

  it('lets nobody into a chat: a user who joins tries again until a member is online', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const chat = await chatWith(w, alice);
    bob.send(`CHAT CREATEUSINGBLOB ${get(alice, chat, 'BLOB')}`);
    away(alice);
    bob.send(`ALTER CHAT ${chat} JOIN`);
    await arrive(w);
    expect(get(bob, chat, 'MYSTATUS')).toBe('RETRY_CONNECTING');
    back(alice);
    await arrive(w);
    expect(get(bob, chat, 'MYSTATUS')).toBe('SUBSCRIBED');
  });
});

describe('a chat of 100 members', () => {
  const users = ['host', 'late', 'later', ...Array.from({ length: 99 }, (_, n) => `member${n}`)];

  it('is full: users who join wait, and get in, first come first served, as members leave', async () => {
    await using w = await world({ users: users.map((handle) => ({ handle })) });
    const [host, late, later] = [w.client('host'), w.client('late'), w.client('later')];
    const chat = await chatWith(w, host, ...users.slice(3));
    expect(get(host, chat, 'MEMBERS').split(' ')).toHaveLength(100);
    host.send(`ALTER CHAT ${chat} SETOPTIONS 1`);
    expect(host.send(`ALTER CHAT ${chat} ADDMEMBERS late`)).toEqual(['ERROR 504 CHAT: action failed']);
    const blob = get(host, chat, 'BLOB');
    for (const each of [late, later]) {
      each.send(`CHAT CREATEUSINGBLOB ${blob}`);
      each.send(`ALTER CHAT ${chat} JOIN`);
      await arrive(w);
      expect(get(each, chat, 'MYSTATUS')).toBe('QUEUED_BECAUSE_CHAT_IS_FULL');
    }
    host.send(`ALTER CHAT ${chat} KICK member7`);
    await arrive(w);
    expect([late, later].map((each) => get(each, chat, 'MYSTATUS'))).toEqual([
      'SUBSCRIBED',
      'QUEUED_BECAUSE_CHAT_IS_FULL',
    ]);
    expect(later.send(`ALTER CHAT ${chat} LEAVE`)[0]).toBe('ALTER CHAT LEAVE');
    expect(get(later, chat, 'MYSTATUS')).toBe('UNSUBSCRIBED');
    host.send(`CHATMESSAGE ${chat} to all`);
    await arrive(w);
    expect([said(w.client('member98'), chat), said(late, chat)]).toEqual([['to all'], ['to all']]);
    expect(get(host, chat, 'MEMBERS').split(' ')).toHaveLength(100);
  });
});

describe('two clients of one user', () => {
  it('see the same chat, with the same ids, whichever of them acts', async () => {
    await using w = await world();
    const [one, two, bob] = [w.client(), w.client(), w.client('bob')];
    one.send('MESSAGE bob hello');
    await arrive(w);
    const chat = chatOf(two);
    expect(chat).toBe(chatOf(one));
    two.send(`CHATMESSAGE ${chat} more`);
    bob.send(`CHATMESSAGE ${chat} thanks`);
    await arrive(w);
    const told = (client: Client) => client.lines.filter((line) => /^CHAT/.test(line));
    // The one that sent has an answer besides.
    expect(new Set(told(one))).toEqual(new Set(told(two)));
    const [missed = ''] = search(two, 'MISSEDCHATMESSAGES');
    one.send(`SET CHATMESSAGE ${missed} SEEN`);
    expect(two.lines).toContain(`CHATMESSAGE ${missed} STATUS READ`);
    expect(search(two, 'MISSEDCHATMESSAGES')).toEqual([]);
  });
});

it('two clients of one user that was away: the second one learns on return what the first one was answered', async () => {
  await using w = await world();
  const [one, two] = [w.client(), w.client()];
  away(one);
  two.send('CHAT CREATE bob');
  const [chat = ''] = search(one, 'CHATS');
  one.send(`ALTER CHAT ${chat} ADDMEMBERS carol`);
  one.send(`CHAT FINDUSINGBLOB ${get(one, chat, 'BLOB')}`);
  back(one);
  await arrive(w);
  expect(two.lines).toContain(`CHAT ${chat} STATUS MULTI_SUBSCRIBED`);
});
