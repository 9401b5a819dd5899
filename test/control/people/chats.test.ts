import { describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { AttachOptions } from '../../../src/control/client/attach-options.js';
import type { ChatMessage } from '../../../src/control/people/chat-message.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { type Script, ScriptedEndpoint } from '../scripted-endpoint.js';

const ROOM = '#anappo/$a1044019f5dc8c48';

async function attached(script: Script | Readonly<Record<string, string>>, options: AttachOptions = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0, ...options });
  return { endpoint, client, chat: client.chats.get(ROOM) };
}

/** Answers every GET of these messages, by number and property. */
function messages(
  of: Readonly<Record<number, Readonly<Record<string, string>>>>,
  more: Script = () => undefined,
): Script {
  return (command) => {
    if (command === 'GET CURRENTUSERHANDLE') return 'CURRENTUSERHANDLE anappo';
    const [, id, property = ''] = /^GET CHATMESSAGE (\d+) (\w+)$/.exec(command) ?? [];
    if (id === undefined) return more(command);
    const message = of[Number(id)];
    return message ? `CHATMESSAGE ${id} ${property} ${message[property] ?? ''}` : 'ERROR 15 Unknown message';
  };
}

const said = (from: string, body: string, chat = ROOM) => ({
  ...{ CHATNAME: chat, TYPE: 'SAID', FROM_HANDLE: from, BODY: body },
  ...{ STATUS: 'RECEIVED', TIMESTAMP: '1175093328' },
});

describe('sending', () => {
  test('resolves with the message when it is sent, as in the transcript of the reference', async () => {
    const { endpoint, chat } = await attached({
      [`CHATMESSAGE ${ROOM} Test chat message`]: 'CHATMESSAGE 864 STATUS SENDING',
    });
    let isSent = false;
    const sending = chat.send('Test chat message').finally(() => {
      isSent = true;
    });
    await endpoint.say(`CHAT ${ROOM} ACTIVITY_TIMESTAMP 1175093328`);
    expect(isSent).toBe(false);
    await endpoint.say('CHATMESSAGE 864 STATUS SENT');
    const message = await sending;
    expect([message.id, message.status]).toEqual([864, 'SENT']);
  });

  test('a message that is sent before its answer has come is sent', async () => {
    const { endpoint, chat } = await attached({});
    const sending = chat.send('hi');
    const id = await endpoint.idOf(`CHATMESSAGE ${ROOM} hi`);
    await endpoint.say(
      'CHATMESSAGE 5 STATUS SENDING',
      'CHATMESSAGE 5 STATUS SENT',
      `${id} CHATMESSAGE 5 STATUS SENDING`,
    );
    expect((await sending).id).toBe(5);
  });

  test.each(['USER_NOT_FOUND', 'USER_INCAPABLE', 'ADDER_MUST_BE_FRIEND', 'ADDED_MUST_BE_AUTHORIZED'])(
    'fails with the reason of a LEFT message: %s',
    async (reason) => {
      const left = { ...said('bob', ''), TYPE: 'LEFT', LEAVEREASON: reason };
      const { endpoint, chat } = await attached(
        messages({ 5: said('anappo', 'hi'), 6: left }, (command) => {
          if (command.startsWith('CHATMESSAGE')) return 'CHATMESSAGE 5 STATUS SENDING';
          return command === `GET CHAT ${ROOM} STATUS` ? `CHAT ${ROOM} STATUS DIALOG` : undefined;
        }),
      );
      const failed = expect(chat.send('hi')).rejects.toMatchObject({ code: 'ERR_CHAT_REFUSED', reason });
      await endpoint.say('CHATMESSAGE 6 STATUS RECEIVED');
      await failed;
    },
  );

  const REFUSALS = [
    ['a listener', { MYSTATUS: 'SUBSCRIBED', MYROLE: 'LISTENER' }, {}, 'LISTENER'],
    ['an applicant', { MYSTATUS: 'SUBSCRIBED', MYROLE: 'APPLICANT' }, {}, 'APPLICANT'],
    [
      'users may only read',
      { MYSTATUS: 'SUBSCRIBED', MYROLE: 'USER', OPTIONS: '17' },
      {},
      'USERS_ARE_LISTENERS',
    ],
    ['who was kicked', { MYSTATUS: 'KICKED' }, {}, 'KICKED'],
    ['who has left', { MYSTATUS: 'UNSUBSCRIBED' }, {}, 'UNSUBSCRIBED'],
    [
      'offline',
      { MYSTATUS: 'SUBSCRIBED', MYROLE: 'MASTER', OPTIONS: '0' },
      { USERSTATUS: 'OFFLINE' },
      'OFFLINE',
    ],
    ['anything else', { MYSTATUS: 'SUBSCRIBED', MYROLE: 'MASTER', OPTIONS: '0' }, {}, 'FAILED'],
  ] as const;

  test.each(REFUSALS)(
    'fails with the reason of a refusal: %s',
    async (_what, properties, parameters, reason) => {
      const { chat } = await attached((command) => {
        if (command.startsWith('CHATMESSAGE')) return 'ERROR 511 Sending a message to chat fails';
        const [, name = '', property = name] = /^GET (?:CHAT \S+ )?(\w+)$/.exec(command) ?? [];
        const value = Object.entries({ ...properties, ...parameters }).find(([key]) => key === property)?.[1];
        if (command.startsWith('GET CHAT ')) return `CHAT ${ROOM} ${property} ${value ?? ''}`;
        return command.startsWith('GET ') ? `${property} ${value ?? 'ONLINE'}` : undefined;
      });
      await expect(chat.send('hi')).rejects.toMatchObject({
        ...{ code: 'ERR_CHAT_REFUSED', reason, chat: ROOM },
        cause: { number: 511 },
      });
    },
  );

  test('ends when the signal fires, at the time limit, and when the endpoint goes', async () => {
    const { chat, client } = await attached({ [`CHATMESSAGE ${ROOM} hi`]: 'CHATMESSAGE 5 STATUS SENDING' });
    const abort = new AbortController();
    const aborted = expect(chat.send('hi', { signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await aborted;
    await expect(chat.send('hi', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('SENDING'),
      waiting: { id: 5, status: 'SENDING' },
    });
    expect(await chat.send('hi', { until: 'SENDING' })).toBe(client.chats.messages.get(5));
    await expect(chat.send('hi', { until: 'READ' as 'SENT' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
    const lost = expect(chat.send('hi')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await new Promise((resolve) => setImmediate(resolve));
    await client.close();
    await lost;
  });

  test('a text of several lines is sent as a whole; NUL and an empty text are refused', async () => {
    const { endpoint, chat } = await attached((command) =>
      command.startsWith('CHATMESSAGE') ? 'CHATMESSAGE 5 STATUS SENT' : undefined,
    );
    await chat.send('one\r\ntwo\nSET USERSTATUS OFFLINE');
    expect(endpoint.commands.at(-1)).toBe(`CHATMESSAGE ${ROOM} one\r\ntwo\nSET USERSTATUS OFFLINE`);
    await expect(chat.send('a\0b')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
    await expect(chat.send('')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});

describe('reading', () => {
  test('new messages come once, in order, with their text; system messages and old ones are left out', async () => {
    const { endpoint, chat } = await attached(
      messages({
        1: { ...said('bob', 'old'), STATUS: 'READ' },
        7: said('bob', 'one\ntwo'),
        8: { ...said('bob', ''), TYPE: 'ADDEDMEMBERS' },
        9: said('anappo', 'mine'),
        10: said('carol', 'elsewhere', '#other/$1'),
        11: said('bob', 'last'),
      }),
    );
    const stop = new AbortController();
    const reading = chat.messages({ signal: stop.signal });
    await endpoint.say('CHATMESSAGE 1 STATUS READ');
    for (const id of [7, 8, 9, 10, 11])
      await endpoint.say(`CHATMESSAGE ${id} STATUS RECEIVED`, `CHATMESSAGE ${id} STATUS READ`);
    const read: (string | undefined)[] = [];
    for (let at = 0; at < 2; at++) read.push(((await reading.next()).value as ChatMessage).body);
    expect(read).toEqual(['one\ntwo', 'last']);
    stop.abort();
    await expect(reading.next()).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('a slow reader fails, or loses the oldest, as it chose', async () => {
    const of = Object.fromEntries(Array.from({ length: 5 }, (_, id) => [id + 1, said('bob', `m${id + 1}`)]));
    const { endpoint, chat, client } = await attached(messages(of));
    const strict = chat.messages({ maxWaiting: 2 });
    const loose = client.chats.incoming({ maxWaiting: 2, full: 'drop-oldest' });
    for (const id of [1, 2, 3, 4, 5]) await endpoint.say(`CHATMESSAGE ${id} STATUS RECEIVED`);
    expect((await loose.next()).value?.body).toBe('m4');
    expect((await strict.next()).value?.body).toBe('m1');
    expect((await strict.next()).value?.body).toBe('m2');
    await expect(strict.next()).rejects.toMatchObject({ code: 'ERR_LIMIT' });
    expect(() => chat.messages({ maxWaiting: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
    await client.close();
    expect((await loose.next()).value?.body).toBe('m5');
    await expect(loose.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  test('messages that came while the endpoint was away are read when it is back, and none twice', async () => {
    const script = messages({ 1: said('bob', 'before'), 2: said('bob', 'meanwhile') }, (command) =>
      command === 'SEARCH MISSEDCHATMESSAGES' ? 'CHATMESSAGES 2, 1' : undefined,
    );
    const { endpoint, chat, client } = await attached(script, { reattach: { firstDelayMs: 1 } });
    const reading = chat.messages();
    await endpoint.say('CHATMESSAGE 1 STATUS RECEIVED');
    expect((await reading.next()).value?.body).toBe('before');
    await endpoint.leave();
    endpoint.present = true;
    await client.attached();
    expect((await reading.next()).value?.body).toBe('meanwhile');
    await endpoint.say('CHATMESSAGE 2 STATUS READ');
    await client.close();
    await expect(reading.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  test('the history comes in pages, from either end', async () => {
    const of = Object.fromEntries([3, 4, 5].map((id) => [id, said('bob', `m${id}`)]));
    const { chat } = await attached(
      messages(of, (command) =>
        command === `GET CHAT ${ROOM} CHATMESSAGES` ? `CHAT ${ROOM} CHATMESSAGES 5, 3, 4` : undefined,
      ),
    );
    const pages = async (from: 'newest' | 'oldest') => {
      const all: string[][] = [];
      for await (const page of chat.history({ pageSize: 2, from })) all.push(page.map(({ body }) => body));
      return all;
    };
    expect(await pages('newest')).toEqual([['m5', 'm4'], ['m3']]);
    expect(await pages('oldest')).toEqual([['m3', 'm4'], ['m5']]);
  });
});

test('a message is edited and seen as in the transcript of the reference', async () => {
  const { client, endpoint } = await attached({
    'GET CHATMESSAGE 864 IS_EDITABLE': 'CHATMESSAGE 864 IS_EDITABLE TRUE',
    'SET CHATMESSAGE 864 BODY Test message after being edited':
      'CHATMESSAGE 864 BODY Test message after being edited',
    'SET CHATMESSAGE 61 SEEN': 'CHATMESSAGE 61 STATUS READ',
    'SET CHATMESSAGE 62 SEEN': 'ERROR 32 Invalid WHAT',
    'GET CHATMESSAGE 62 STATUS': 'CHATMESSAGE 62 STATUS READ',
    'SET CHATMESSAGE 63 SEEN': 'ERROR 31 Unknown message id',
    'GET CHATMESSAGE 63 STATUS': 'ERROR 15 Unknown message',
  });
  const { messages } = client.chats;
  const message = messages.get(864);
  expect(await message.isEditable()).toBe(true);
  await message.edit('Test message after being edited');
  await endpoint.say('CHATMESSAGE 864 EDITED_BY anappo', 'CHATMESSAGE 864 EDITED_TIMESTAMP 1175093385');
  expect(message.known('EDITED_BY')).toBe('anappo');
  await messages.get(61).markSeen();
  expect(messages.get(61).status).toBe('READ');
  await messages.get(62).markSeen();
  await expect(messages.get(63).markSeen()).rejects.toMatchObject({ code: 'ERR_API' });
});
