import { describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { AttachOptions } from '../../../src/control/client/attach-options.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { type Script, ScriptedEndpoint } from '../scripted-endpoint.js';

const ROOM = '#test_l/$4ea116d4c216baef';
const BLOB = '6aM81Z5mZRyricRDcjkdy5bf3Y6TsCbVvaxNVVCcYSVsQxRGhlAVmTgpYexh';

async function attached(script: Script | Readonly<Record<string, string>>, options: AttachOptions = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0, ...options });
  return { endpoint, client, chat: client.chats.get(ROOM) };
}

const told = (...properties: string[]) => properties.map((each) => `CHAT ${ROOM} ${each}`);
const CONNECTING = told('MYSTATUS CONNECTING', 'STATUS UNSUBSCRIBED');
const ASKED = told('PASSWORDHINT "password is test"', 'MYSTATUS PASSWORD_REQUIRED', 'STATUS UNSUBSCRIBED');
const SUBSCRIBED = told('MYSTATUS WAITING_REMOTE_ACCEPT', 'MYROLE LISTENER', 'MYSTATUS SUBSCRIBED');

/** Answers as Skype did: some notifications before the answer to JOIN, the others after. */
function door(after: Readonly<Record<string, readonly string[]>>): Script {
  let standing = '';
  return (command) => {
    const [, what = ''] = /^ALTER CHAT \S+ (.*)$/.exec(command) ?? [];
    const lines = Object.entries(after).find(([asked]) => asked === what)?.[1];
    if (lines) queueMicrotask(() => void endpoints.at(-1)?.say(...lines));
    standing = lines?.findLast((line) => line.includes('MYSTATUS')) ?? standing;
    if (lines) return `ALTER CHAT ${what.split(' ', 1)[0]}`;
    return command === `GET CHAT ${ROOM} MYSTATUS` ? standing : undefined;
  };
}
const endpoints: ScriptedEndpoint[] = [];
async function atDoor(after: Readonly<Record<string, readonly string[]>>) {
  const all = await attached(door(after));
  endpoints.push(all.endpoint);
  return all;
}

describe('joining', () => {
  test('resolves when the user is in the chat', async () => {
    const { chat } = await atDoor({ JOIN: [...CONNECTING, ...SUBSCRIBED] });
    await chat.join();
    expect([chat.known('MYSTATUS'), chat.known('MYROLE')]).toEqual(['SUBSCRIBED', 'LISTENER']);
  });

  test('sends the password once, when it is asked for', async () => {
    const after = {
      JOIN: [...CONNECTING, ...ASKED],
      'ENTERPASSWORD test2': [...CONNECTING, ...ASKED],
      'ENTERPASSWORD test': [...CONNECTING, ...SUBSCRIBED],
    };
    const { chat, endpoint } = await atDoor(after);
    await expect(chat.join()).rejects.toMatchObject({
      code: 'ERR_CHAT_REFUSED',
      reason: 'PASSWORD_REQUIRED',
    });
    expect(chat.known('PASSWORDHINT')).toBe('password is test');
    await endpoint.say(...CONNECTING);
    await expect(chat.join({ password: 'test2' })).rejects.toMatchObject({ reason: 'PASSWORD_REQUIRED' });
    await expect(chat.enterPassword('test2')).rejects.toMatchObject({ reason: 'PASSWORD_REQUIRED' });
    await chat.enterPassword('test');
    await expect(chat.enterPassword('two words')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  test.each(['BANNED', 'KICKED', 'CHAT_DISBANDED', 'APPLICATION_DENIED', 'QUEUED_BECAUSE_CHAT_IS_FULL'])(
    'fails with the standing %s',
    async (reason) => {
      const { chat } = await atDoor({ JOIN: [...CONNECTING, ...told(`MYSTATUS ${reason}`)] });
      await expect(chat.join()).rejects.toMatchObject({ code: 'ERR_CHAT_REFUSED', reason, chat: ROOM });
    },
  );

  test('an applicant waits until accepted, or until the time limit', async () => {
    const { chat, endpoint } = await atDoor({
      JOIN: told('MYSTATUS CONNECTING', 'MYSTATUS WAITING_REMOTE_ACCEPT'),
    });
    await expect(chat.join({ timeoutMs: 20 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('WAITING_REMOTE_ACCEPT'),
    });
    const joined = chat.join();
    await endpoint.say(...told('MYSTATUS SUBSCRIBED'));
    await joined;
  });

  test('takes a blob or the whole URL of a chat, and nothing else', async () => {
    const { client, endpoint } = await attached((command) => {
      if (command === `CHAT CREATEUSINGBLOB ${BLOB}`) return `CHAT ${ROOM} NAME ${ROOM}`;
      if (command === `CHAT FINDUSINGBLOB ${BLOB}`) return `CHAT ${ROOM} STATUS MULTI_SUBSCRIBED`;
      if (command.startsWith('CHAT FINDUSINGBLOB')) return 'ERROR 504 CHAT: action failed';
      if (command.startsWith('ALTER')) return 'ALTER CHAT JOIN';
      return command === `GET CHAT ${ROOM} MYSTATUS` ? `CHAT ${ROOM} MYSTATUS SUBSCRIBED` : undefined;
    });
    for (const blob of [BLOB, `skype:?chat&blob=${BLOB}`])
      expect((await client.chats.join(blob)).id).toBe(ROOM);
    expect((await client.chats.find(BLOB))?.id).toBe(ROOM);
    expect(await client.chats.find('other')).toBeUndefined();
    const asked = endpoint.commands.length;
    for (const blob of ['', 'a b', 'a\nSET USERSTATUS OFFLINE', 'skype:?chat&id=x']) {
      await expect(client.chats.join(blob)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    }
    expect(endpoint.commands.length).toBe(asked);
  });
});

test('members, roles, options, passwords and the rest are the commands of the reference', async () => {
  const { client, chat, endpoint } = await attached((command) => {
    const known: Record<string, string> = {
      [`GET CHAT ${ROOM} MEMBEROBJECTS`]: `CHAT ${ROOM} MEMBEROBJECTS 1846, 2495`,
      'GET CHATMEMBER 1846 IDENTITY': 'CHATMEMBER 1846 IDENTITY testuser',
      'GET CHATMEMBER 2495 IDENTITY': 'CHATMEMBER 2495 IDENTITY anappo2',
      'GET CHATMEMBER 2495 ROLE': 'CHATMEMBER 2495 ROLE HELPER',
      'ALTER CHATMEMBER 2495 CANSETROLETO HELPER': 'ALTER CHATMEMBER CANSETROLETO TRUE',
      'ALTER CHATMEMBER 2495 CANSETROLETO CREATOR': 'ALTER CHATMEMBER CANSETROLETO FALSE',
      'ALTER CHATMEMBER 2495 SETROLETO USER': 'ALTER CHATMEMBER SETROLETO',
      [`GET CHAT ${ROOM} OPTIONS`]: `CHAT ${ROOM} OPTIONS 77`,
      'CHAT CREATE anappo3, anappo5': `CHAT ${ROOM} NAME ${ROOM}`,
    };
    return known[command] ?? (command.startsWith('ALTER') ? command.replace(` ${ROOM}`, '') : undefined);
  });
  expect(await client.chats.create(['anappo3', 'anappo5'])).toBe(chat);
  const member = await chat.member('ANAPPO2');
  expect([member?.id, await member?.role()]).toEqual([2495, 'HELPER']);
  expect(await chat.member('nobody')).toBeUndefined();
  expect([await member?.canHaveRole('HELPER'), await member?.canHaveRole('CREATOR')]).toEqual([true, false]);
  await member?.setRole('USER');
  expect(await chat.options()).toEqual(['JOINING_ENABLED', 'JOINERS_BECOME_LISTENERS', 'HISTORY_DISCLOSED']);
  await chat.setOptions({ USERS_ARE_LISTENERS: true, HISTORY_DISCLOSED: false });
  const asked = endpoint.commands.length;
  await chat.setTopic('a topic');
  await chat.setTopicXml('<B>topic</B>');
  await chat.add(['ann', 'bob']);
  await chat.kick('ann');
  await chat.ban('bob');
  await chat.leave();
  await chat.setPassword('test2', 'password is test2');
  await chat.setPassword('test2');
  await chat.setGuidelines('these here');
  await chat.setAlert('=x');
  await chat.bookmark(true);
  await chat.bookmark(false);
  await chat.clearRecent();
  await chat.disband();
  const actions = endpoint.commands.slice(asked - 1).map((line) => line.replace(`ALTER CHAT ${ROOM} `, ''));
  expect(actions).toEqual([
    // The bit 64, which the reference does not name, stays.
    ...['SETOPTIONS 85', 'SETTOPIC a topic', 'SETTOPICXML <B>topic</B>', 'ADDMEMBERS ann, bob', 'KICK ann'],
    ...['KICKBAN bob', 'LEAVE', 'SETPASSWORD test2 password is test2', 'SETPASSWORD test2'],
    ...['SETGUIDELINES these here', 'SETALERTSTRING ==x', 'BOOKMARK', 'UNBOOKMARK', 'CLEARRECENTMESSAGES'],
    'DISBAND',
  ]);
});

test('a value that would break out of its line is not sent', async () => {
  const { client, chat, endpoint } = await attached({});
  const asked = endpoint.commands.length;
  const bad = 'x\nSET USERSTATUS OFFLINE';
  for (const work of [
    () => chat.setTopic(bad),
    () => chat.setTopicXml(bad),
    () => chat.setGuidelines(bad),
    () => chat.setAlert(bad),
    () => chat.setPassword('x', bad),
    () => chat.setPassword(bad),
    () => chat.enterPassword(bad),
    () => chat.add(bad),
    () => chat.kick(['a, b']),
    () => chat.setOptions({ NONE: true } as never),
    () => client.chats.create(bad),
    () => client.chats.create(['a, b']),
    () => client.chats.message(bad, 'hi'),
    () => client.groups.create(bad),
    () => client.groups.get(1).rename(bad),
    () => client.groups.get(1).add(bad),
    () => client.groups.get(1).share(bad),
    () => client.contacts.add('bob', bad),
    () => client.contacts.get('bob').rename(bad),
    () => client.contacts.get('bob').setSpeedDial(bad),
  ]) {
    await expect(work()).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(INVALID_ARG|LINE_BREAK)$/),
    });
  }
  expect(endpoint.commands.length).toBe(asked);
});

describe('older versions', () => {
  test.each([
    [6, 'CHAT OPTIONS needs protocol 7, but protocol 6 was negotiated'],
    [2, 'CHAT OPTIONS needs protocol 7, but protocol 2 was negotiated'],
  ])('protocol %i: commands that it lacks are refused with the reason', async (protocol, message) => {
    const script: Script = (command) => (command.startsWith('PROTOCOL') ? `PROTOCOL ${protocol}` : undefined);
    const { client, chat, endpoint } = await attached(script);
    await expect(chat.options()).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining(message),
    });
    const asked = endpoint.commands.length;
    for (const work of [
      () => chat.members(),
      () => chat.join(),
      () => chat.kick('bob'),
      () => chat.setPassword('x'),
      () => chat.setOptions({ JOINING_ENABLED: true }),
      () => chat.blob(),
      () => client.chats.join(BLOB),
      () => client.chats.find(BLOB),
      () => client.chats.members.get(1).setRole('USER'),
      () => client.chats.members.get(1).canHaveRole('USER'),
      () => client.chats.messages.get(1).edit('x'),
      () => client.chats.messages.get(1).isEditable(),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    }
    expect(endpoint.commands.length).toBe(asked);
  });

  test('protocol 2 sends messages to people, and knows no chats and groups', async () => {
    const { client, chat, endpoint } = await attached((command) => {
      if (command === 'MESSAGE echo123 Please call me') return 'MESSAGE 982 STATUS SENDING';
      return command.startsWith('PROTOCOL') ? 'PROTOCOL 2' : undefined;
    });
    const sending = client.chats.message('echo123', 'Please call me');
    await endpoint.say('MESSAGE 982 STATUS SENT');
    expect((await sending).status).toBe('SENT');
    for (const work of [
      () => chat.send('hi'),
      () => chat.setTopic('x'),
      () => chat.get('TOPIC'),
      () => client.chats.create('bob'),
      () => client.groups.create('x'),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    }
    for (const read of [() => chat.messages(), () => client.chats.incoming()]) {
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
    }
  });

  test('a message that failed in the old way is not sent', async () => {
    const { client, endpoint } = await attached({ 'MESSAGE bob hi': 'MESSAGE 9 STATUS SENDING' });
    const failed = expect(client.chats.message('bob', 'hi')).rejects.toMatchObject({
      reason: 'FAILED',
      chat: 'bob',
    });
    await endpoint.say('MESSAGE 9 STATUS FAILED');
    await failed;
  });
});
