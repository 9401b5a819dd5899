import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import type { Chat } from '../../../src/control/people/chat.js';
import type { MessageContent } from '../../../src/control/people/chat-message.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';

let exchange: Exchange;
let jack: Client;
let jill: Client;

beforeEach(async () => {
  exchange = await Exchange.start({
    users: [
      { handle: 'jack' },
      { handle: 'jill', fullName: 'Jill' },
      { handle: 'shy', chatsFrom: 'contacts' },
      { handle: 'strict', chatsFrom: 'authorized' },
    ],
  });
  jack = await attach(new MemoryTransport(exchange.endpoint('jack')));
  jill = await attach(new MemoryTransport(exchange.endpoint('jill')));
});
afterEach(async () => {
  await Promise.all([jack.close(), jill.close()]);
  await exchange.close();
});

const contents = async (chat: Chat): Promise<MessageContent[]> => {
  const all: MessageContent[] = [];
  for await (const page of chat.history({ from: 'oldest', pageSize: 2 })) all.push(...page);
  return all;
};

describe('a chat of two', () => {
  test('is created by the first message, which is answered, edited and seen', async () => {
    const reading = jill.chats.incoming();
    const text = 'One; two, "three"\r\nSET USERSTATUS OFFLINE\n\u202e\u{1f600}';
    const sent = await jack.chats.message('jill', text);
    expect(sent.status).toBe('SENT');
    const got = await reading.next();
    const content = await got.value?.read();
    expect(content).toMatchObject({ from: 'jack', body: text, type: 'SAID', status: 'RECEIVED' });
    const here = jill.chats.get(content?.chat ?? '');
    const there = jack.chats.get(here.id);
    const answers = there.messages();
    await here.send('Fine.');
    expect((await answers.next()).value?.body).toBe('Fine.');
    expect(await sent.isEditable()).toBe(true);
    await sent.edit('One\ntwo');
    expect(await got.value?.get('BODY', { fresh: true })).toBe('One\ntwo');
    expect((await jill.chats.search('MISSEDCHATS')).map(({ id }) => id)).toEqual([here.id]);
    await here.markSeen();
    expect(await jill.chats.search('MISSEDCHATS')).toEqual([]);
    await got.value?.markSeen();
    const said = (await contents(there)).filter(({ type }) => type === 'SAID');
    expect(said.map(({ body }) => body)).toEqual(['One\ntwo', 'Fine.']);
    expect(await there.get('DIALOG_PARTNER')).toBe('jill');
    expect(await jack.chats.create('jill')).toBe(there);
  });

  test.each([
    ['nobody.there', 'USER_NOT_FOUND'],
    ['shy', 'ADDER_MUST_BE_FRIEND'],
    ['strict', 'ADDED_MUST_BE_AUTHORIZED'],
  ])('%s cannot be written to: %s', async (handle, reason) => {
    await expect(jack.chats.message(handle, 'hi')).rejects.toMatchObject({
      code: 'ERR_CHAT_REFUSED',
      reason,
    });
    const chat = (await jack.chats.create(handle).catch(() => undefined)) as Chat | undefined;
    if (chat) await expect(chat.send('hi')).rejects.toMatchObject({ code: 'ERR_CHAT_REFUSED', reason });
  });
});

describe('a public chat', () => {
  let room: Chat;
  let door: string;

  beforeEach(async () => {
    room = await jack.chats.create();
    await room.setOptions({ JOINING_ENABLED: true });
    door = await room.blob();
  });

  test('can be joined by its blob and password', async () => {
    await room.setPassword('sesame', 'what Ali said');
    await expect(jill.chats.join(door)).rejects.toMatchObject({ reason: 'PASSWORD_REQUIRED' });
    const there = jill.chats.get(room.id);
    expect(await there.get('PASSWORDHINT')).toBe('what Ali said');
    await expect(there.enterPassword('open')).rejects.toMatchObject({ reason: 'PASSWORD_REQUIRED' });
    await there.enterPassword('sesame');
    expect((await there.members()).length).toBe(2);
    await there.leave();
    expect(await jill.chats.find(door)).toBe(there);
    await there.join({ password: 'sesame' });
    expect(await there.get('MYSTATUS', { fresh: true })).toBe('SUBSCRIBED');
  });

  test('tells why writing is refused: to a listener, where users are listeners, to a removed member', async () => {
    const there = await jill.chats.join(`skype:?chat&blob=${door}`);
    await there.send('hello');
    const member = await room.member('JILL');
    expect([await member?.canHaveRole('MASTER'), await member?.canHaveRole('CREATOR')]).toEqual([
      true,
      false,
    ]);
    await member?.setRole('LISTENER');
    await expect(there.send('hi')).rejects.toMatchObject({ reason: 'LISTENER' });
    await member?.setRole('USER');
    await room.setOptions({ USERS_ARE_LISTENERS: true });
    expect(await room.options({})).toContain('USERS_ARE_LISTENERS');
    await expect(there.send('hi')).rejects.toMatchObject({ reason: 'USERS_ARE_LISTENERS' });
    await room.setOptions({ USERS_ARE_LISTENERS: false });
    await there.send('hi again');
    await room.kick('jill');
    await expect(there.send('hi')).rejects.toMatchObject({ reason: 'KICKED' });
    await there.join();
    await room.ban('jill');
    await expect(there.join()).rejects.toMatchObject({ reason: 'BANNED' });
    const isBack = new Promise<void>((resolve) =>
      there.on(
        'property',
        (name, value) => void (name === 'MYSTATUS' && value === 'SUBSCRIBED' && resolve()),
      ),
    );
    await room.add('jill');
    await isBack;
    await there.send('back');
    const told = (await contents(room)).map(({ type, role, options }) => role ?? options?.join() ?? type);
    expect(told).toEqual(
      expect.arrayContaining(['LISTENER', 'USER', 'KICKED', 'KICKBANNED', 'ADDEDMEMBERS']),
    );
  });

  test('accepts or rejects applicants; topic and guidelines are notified', async () => {
    await room.setOptions({ JOINERS_BECOME_APPLICANTS: true });
    await room.setTopic('Tea; "at" five');
    await room.setGuidelines('Be kind');
    const applied = new Promise<void>((resolve) =>
      room.on(
        'property',
        (name, value) => void (name === 'APPLICANTS' && value.includes('jill') && resolve()),
      ),
    );
    const joining = jill.chats.join(door);
    await applied;
    await (await room.member('jill'))?.setRole('USER');
    const there = await joining;
    expect(await there.get('TOPIC')).toBe('Tea; "at" five');
    expect(await there.get('GUIDELINES')).toBe('Be kind');
    await room.disband();
    await expect(there.send('hi')).rejects.toMatchObject({
      code: 'ERR_CHAT_REFUSED',
      reason: 'CHAT_DISBANDED',
    });
  });
});

test('chats of other users can be neither read nor changed', async () => {
  const sent = await jack.chats.message('shy', 'secret').catch(() => undefined);
  const dialog = await jack.chats.create('strict');
  const strangers = jill.chats.get(dialog.id);
  for (const work of [
    () => strangers.send('hi'),
    () => strangers.setTopic('x'),
    () => strangers.add('jill'),
    () => strangers.leave(),
    () => strangers.get('MEMBERS'),
    () => jill.chats.messages.get(sent?.id ?? 1).read(),
    () => jill.chats.messages.get(sent?.id ?? 1).edit('x'),
  ]) {
    await expect(work()).rejects.toThrow(/ERROR|error|not sent/);
  }
});
