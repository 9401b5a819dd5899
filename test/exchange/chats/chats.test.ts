import { describe, expect, it } from 'vitest';
import { type World, world } from '../world.js';
import { chatOf, said } from './chat-stage.js';

const shapes = (lines: readonly string[], chat: string) =>
  lines.map((line) => line.replaceAll(chat, 'x').replace(/\b\d{10}\b/, 'T'));

async function dialog(w: World) {
  const [alice, bob] = [w.client(), w.client('bob')];
  alice.send('MESSAGE bob foo');
  await w.clock.advance(100);
  return { alice, bob, chat: chatOf(alice) };
}

describe('the first message to somebody', () => {
  it('makes a dialog, which both are told of, and then the message', async () => {
    await using w = await world();
    const { alice, bob, chat } = await dialog(w);
    expect(chat).toMatch(/^#alice\/\$bob;[0-9a-f]{16}$/);
    expect(shapes(alice.fresh(), chat)).toEqual([
      'CHATMESSAGE 3 STATUS SENDING',
      'CHAT x NAME x',
      'CHAT x ACTIVITY_TIMESTAMP 0',
      'CHATMESSAGE 1 STATUS SENDING',
      'CHAT x STATUS DIALOG',
      'CHAT x TYPE DIALOG',
      'CHATMEMBER 2 ROLE USER',
      'CHAT x MYROLE USER',
      'CHAT x MEMBERS alice bob',
      'CHAT x ACTIVEMEMBERS alice',
      'CHAT x MYSTATUS SUBSCRIBED',
      'CHAT x STATUS DIALOG',
      'CHAT x TIMESTAMP T',
      'CHAT x DIALOG_PARTNER bob',
      'CHAT x MEMBERS alice bob',
      'CHAT x FRIENDLYNAME bob',
      'CHATMESSAGE 3 STATUS SENDING',
      'CHAT x FRIENDLYNAME bob | foo',
      'CHAT x POSTERS alice',
      'CHAT x ACTIVITY_TIMESTAMP T',
      'CHAT x FRIENDLYNAME bob | foo',
      'CHATMESSAGE 1 STATUS SENT',
      'CHATMESSAGE 3 STATUS SENT',
      'CHATMEMBER 6 IS_ACTIVE TRUE',
      'CHAT x ACTIVEMEMBERS alice bob',
    ]);
    expect(shapes(bob.fresh(), chat).slice(-4)).toEqual([
      'CHAT x FRIENDLYNAME alice | foo',
      'CHAT x POSTERS alice',
      'CHAT x ACTIVITY_TIMESTAMP T',
      'CHATMESSAGE 5 STATUS RECEIVED',
    ]);
    for (const [property, value] of [
      ['FROM_HANDLE', 'alice'],
      ['BODY', 'foo'],
      ['TYPE', 'SAID'],
      ['CHATNAME', chat],
    ]) {
      expect(bob.send(`GET CHATMESSAGE 5 ${property}`)).toEqual([`CHATMESSAGE 5 ${property} ${value}`]);
    }
  });

  it('is missed until it is marked as seen, which is possible once', async () => {
    await using w = await world();
    const { bob, chat } = await dialog(w);
    expect(bob.send('SEARCH MISSEDCHATS')).toEqual([`CHATS ${chat}`]);
    expect(bob.send('SEARCH MISSEDCHATMESSAGES')).toEqual(['CHATMESSAGES 5']);
    expect(bob.send('SET CHATMESSAGE 5 SEEN')).toEqual([
      'CHATMESSAGE 5 STATUS READ',
      'CHATMESSAGE 5 STATUS READ',
    ]);
    expect(bob.send('SET CHATMESSAGE 5 SEEN')).toEqual(['ERROR 32 Invalid WHAT']);
    expect(bob.send('SEARCH MISSEDCHATS')).toEqual(['CHATS ']);
  });

  it('goes on in the same chat, for an answer of either side', async () => {
    await using w = await world();
    const { alice, bob, chat } = await dialog(w);
    bob.send('MESSAGE alice bar');
    await w.clock.advance(100);
    expect(alice.send('SEARCH CHATS')).toEqual([`CHATS ${chat}`]);
    expect(alice.send(`GET CHAT ${chat} POSTERS`)).toEqual([`CHAT ${chat} POSTERS alice bob`]);
    expect(alice.send('SEARCH CHATMESSAGES bob')).toEqual(['CHATMESSAGES 1, 3, 8']);
    expect(alice.send('SEARCH CHATMESSAGES carol')).toEqual(['CHATMESSAGES ']);
  });
});

describe('a dialog that the other has begun', () => {
  it('is shown to a user that blocks the other one only when that user writes', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    alice.send('SET USER bob ISBLOCKED TRUE');
    bob.send('MESSAGE alice let me in');
    await w.clock.advance(500);
    expect(alice.send('SEARCH CHATS')).toEqual(['CHATS ']);
    const [answer = ''] = alice.send('MESSAGE bob no');
    const id = answer.split(' ')[1];
    const chat = chatOf(alice);
    expect(alice.send('SEARCH CHATS')).toEqual([`CHATS ${chat}`]);
    expect(alice.send('SEARCH CHATMESSAGES')).toEqual([`CHATMESSAGES ${id}`]);
    expect(alice.send(`GET CHAT ${chat} CHATMESSAGES`)).toEqual([`CHAT ${chat} CHATMESSAGES ${id}`]);
    await w.clock.advance(500);
    expect(said(bob, chatOf(bob))).toEqual(['let me in', 'no']);
  });
});

it('a user that creates a chat and leaves at once: the last role that is told is the one that GET answers', async () => {
  await using w = await world();
  const alice = w.client();
  alice.send('CHAT CREATE');
  const chat = chatOf(alice);
  alice.send(`ALTER CHAT ${chat} LEAVE`);
  await w.clock.advance(500);
  const told = alice.lines.filter((line) => line.startsWith(`CHAT ${chat} MYROLE `));
  expect(alice.send(`GET CHAT ${chat} MYROLE`)).toEqual([told.at(-1)]);
});
