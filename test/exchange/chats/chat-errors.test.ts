import { describe, expect, it } from 'vitest';
import { CHAT, CHATMEMBER } from '../../../src/protocol/catalogue/chat.js';
import { CHATMESSAGE } from '../../../src/protocol/catalogue/message.js';
import { type World, world } from '../world.js';
import { arrive, chatOf, chatWith, get, memberOf, said, search, types } from './chat-stage.js';

const USERS = [
  { handle: 'alice' },
  { handle: 'bob' },
  { handle: 'carol' },
  { handle: 'closed', chatsFrom: 'nobody' },
  { handle: 'picky', chatsFrom: 'contacts' },
  { handle: 'strict', chatsFrom: 'authorized' },
  { handle: 'old', multichats: false },
] as const;

/** Alice's dialog with bob, in which he has written, and her chat with bob and carol. */
async function stage() {
  const w = await world({ users: USERS });
  const [alice, bob] = [w.client(), w.client('bob')];
  alice.send('MESSAGE bob hello');
  await arrive(w);
  const dialog = chatOf(alice);
  bob.send(`CHATMESSAGE ${dialog} hi`);
  const chat = await chatWith(w, alice, 'bob', 'carol');
  const id = search(alice, 'MISSEDCHATMESSAGES')[0] ?? '';
  return { w, alice, bob, dialog, chat, id };
}

describe('errors about chats and messages', () => {
  it('have the numbers of the reference', async () => {
    const { w, alice, dialog, chat, id } = await stage();
    await using _ = w;
    alice.send('SET USER carol ISBLOCKED TRUE');
    const table: readonly [command: string, number: number][] = [
      ['GET CHAT nochat NAME', 105],
      ['GET CHAT', 105],
      [`GET CHAT ${chat}`, 106],
      [`GET CHAT ${chat} COLOUR`, 106],
      ['GET CHAT #alice/$0000000000000000 NAME', 501],
      ['SEARCH CHATS bob', 107],
      ['SEARCH ACTIVECHATS bob', 29],
      ['SEARCH MISSEDCHATS bob', 29],
      ['SEARCH RECENTCHATS bob', 29],
      ['SEARCH BOOKMARKEDCHATS bob', 29],
      ['SEARCH MISSEDCHATMESSAGES bob', 29],
      ['SEARCH CHATMESSAGES !', 29],
      ['SEARCH MESSAGES !', 5],
      ['SEARCH MISSEDMESSAGES bob', 29],
      ['ALTER CHAT', 500],
      ['ALTER CHAT nochat LEAVE', 500],
      ['ALTER CHAT #alice/$0000000000000000 LEAVE', 501],
      [`ALTER CHAT ${chat}`, 502],
      [`ALTER CHAT ${chat} DANCE`, 503],
      [`ALTER CHAT ${chat} BOOKMARKED TRUE`, 503],
      [`ALTER CHAT ${chat} JOIN`, 504],
      [`ALTER CHAT ${chat} ACCEPTADD`, 504],
      [`ALTER CHAT ${chat} ENTERPASSWORD x`, 504],
      [`ALTER CHAT ${chat} ADDMEMBERS bob`, 504],
      [`ALTER CHAT ${dialog} DISBAND`, 504],
      [`ALTER CHAT ${dialog} SETOPTIONS 1`, 504],
      [`ALTER CHAT ${dialog} KICK bob`, 504],
      [`ALTER CHAT ${chat} LEAVE now`, 505],
      [`ALTER CHAT ${chat} ADDMEMBERS`, 506],
      [`ALTER CHAT ${chat} ADDMEMBERS !?`, 506],
      ['CHAT', 502],
      ['CHAT BREW', 503],
      ['CHAT CREATE !?', 507],
      ['CHAT CREATE bob, !?', 507],
      ['CHAT CREATE alice', 508],
      ['CHAT CREATE nobody', 508],
      ['CHAT CREATE closed', 615],
      ['CHAT CREATE carol', 615],
      ['CHAT CREATE bob, carol', 615],
      ['CHAT CREATE +37255512345', 615],
      ['CHAT CREATEUSINGBLOB abc', 504],
      ['CHAT FINDUSINGBLOB abc', 504],
      ['CHATMESSAGE', 509],
      ['CHATMESSAGE #alice/$0000000000000000 hi', 510],
      [`CHATMESSAGE ${chat}`, 511],
      ['MESSAGE', 26],
      ['MESSAGE !? hi', 26],
      ['MESSAGE bob', 43],
      ['GET CHATMESSAGE x BODY', 14],
      ['GET CHATMESSAGE 99999 BODY', 15],
      [`GET CHATMESSAGE ${id}`, 16],
      [`GET CHATMESSAGE ${id} COLOUR`, 16],
      ['GET MESSAGE x BODY', 14],
      ['GET MESSAGE 99999 BODY', 15],
      [`GET MESSAGE ${id} COLOUR`, 16],
      ['SET CHATMESSAGE x SEEN', 30],
      ['SET CHATMESSAGE 99999 SEEN', 31],
      [`SET CHATMESSAGE ${id} COLOUR`, 32],
      [`SET CHATMESSAGE ${id} BODY mine`, 32],
      ['SET MESSAGE x SEEN', 30],
      ['SET MESSAGE 99999 SEEN', 31],
      ['SET MESSAGES 1 SEEN', 18],
      ['GET CHATMEMBER 99999 ROLE', 7],
      ['CLEAR', 520],
      ['CLEAR CHATS', 521],
      ['CLEAR CHATHISTORY now', 522],
    ];
    const wrong = table.filter(
      ([command, number]) => !alice.send(command)[0]?.startsWith(`ERROR ${number} `),
    );
    expect(wrong.map(([command]) => [command, alice.send(command)[0]])).toEqual([]);
    expect(w.failures).toEqual([]);
  });

  it('are the older ones for clients of protocol 7 and below', async () => {
    const { w } = await stage();
    await using _ = w;
    expect(w.client('alice', { protocol: 7 }).send('CHAT CREATE closed')[0]).toMatch(/^ERROR 508 /);
  });
});

describe('chats and messages of somebody else', () => {
  it('cannot be reached by any command', async () => {
    const { w, alice, bob, chat, dialog } = await stage();
    await using _ = w;
    const carol = w.client('carol');
    const bobs = get(bob, dialog, 'CHATMESSAGES').split(', ');
    const member = memberOf(bob, dialog, 'alice');
    const commands = [
      ...Object.keys(CHAT.properties).map((property) => `GET CHAT ${dialog} ${property}`),
      ...Object.keys(CHAT.actions).map((action) => `ALTER CHAT ${dialog} ${action} 1`),
      ...Object.keys(CHATMEMBER.properties).map((property) => `GET CHATMEMBER ${member} ${property}`),
      ...Object.keys(CHATMEMBER.actions).map((action) => `ALTER CHATMEMBER ${member} ${action} USER`),
      ...bobs.flatMap((id) =>
        Object.keys(CHATMESSAGE.properties).map((property) => `GET CHATMESSAGE ${id} ${property}`),
      ),
      ...bobs.flatMap((id) => [
        `SET CHATMESSAGE ${id} SEEN`,
        `SET CHATMESSAGE ${id} BODY x`,
        `SET MESSAGE ${id} SEEN`,
      ]),
      `CHATMESSAGE ${dialog} intruding`,
    ];
    const before = [get(alice, dialog, 'MEMBERS'), said(bob, dialog)];
    for (const command of commands)
      expect(carol.send(command), command).toEqual([expect.stringMatching(/^ERROR /)]);
    await arrive(w);
    expect([get(alice, dialog, 'MEMBERS'), said(bob, dialog)]).toEqual(before);
    expect(search(carol, 'CHATS')).toEqual([chat]);
    // Bob sees the same message under an id of his own.
    const mine = search(alice, 'CHATMESSAGES bob');
    expect(mine.filter((id) => !bob.send(`GET CHATMESSAGE ${id} BODY`)[0]?.startsWith('ERROR 15'))).toEqual(
      [],
    );
  });
});

describe('a user that cannot be reached', () => {
  const reasonOf = (w: World, client: ReturnType<World['client']>, chat: string) => {
    const ids = get(client, chat, 'CHATMESSAGES').split(', ');
    const left = ids.find((id) => client.send(`GET CHATMESSAGE ${id} TYPE`)[0]?.endsWith(' LEFT')) ?? '';
    expect(w.failures).toEqual([]);
    return client.send(`GET CHATMESSAGE ${left} LEAVEREASON`)[0]?.split(' ').at(-1);
  };

  it.each([
    ['nobody', 'USER_NOT_FOUND'],
    ['picky', 'ADDER_MUST_BE_FRIEND'],
    ['strict', 'ADDED_MUST_BE_AUTHORIZED'],
    ['closed', 'ADDED_MUST_BE_AUTHORIZED'],
  ])('MESSAGE %s: a message of type LEFT, %s', async (target, reason) => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    expect(alice.send(`MESSAGE ${target} hello`)[0]).toMatch(/^CHATMESSAGE \d+ STATUS SENDING$/);
    await arrive(w);
    expect(reasonOf(w, alice, chatOf(alice))).toBe(reason);
    if (target !== 'nobody') expect(search(w.client(target), 'CHATMESSAGES')).toEqual([]);
  });

  it.each([
    ['nobody', 'USER_NOT_FOUND'],
    ['old', 'USER_INCAPABLE'],
    ['picky', 'ADDER_MUST_BE_FRIEND'],
    ['strict', 'ADDED_MUST_BE_AUTHORIZED'],
  ])('ADDMEMBERS %s: the same, %s', async (target, reason) => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const chat = await chatWith(w, alice, 'bob', 'carol');
    expect(alice.send(`ALTER CHAT ${chat} ADDMEMBERS ${target}`)[0]).toBe('ALTER CHAT ADDMEMBERS');
    await arrive(w);
    expect(get(alice, chat, 'MEMBERS')).toBe('alice bob carol');
    expect(reasonOf(w, alice, chat)).toBe(reason);
  });

  it('leaves by LEFT, with the reason UNSUBSCRIBE', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    const chat = await chatWith(w, alice, 'bob', 'carol');
    w.client('bob').send(`ALTER CHAT ${chat} LEAVE`);
    await arrive(w);
    expect([get(alice, chat, 'MEMBERS'), types(alice, chat)]).toEqual([
      'alice carol',
      ['CREATEDCHATWITH', 'LEFT'],
    ]);
    expect(reasonOf(w, alice, chat)).toBe('UNSUBSCRIBE');
  });
});
