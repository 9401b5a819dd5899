import { describe, expect, it } from 'vitest';
import { CHAT_OPTIONS, CHAT_ROLES } from '../../../src/protocol/catalogue/chat.js';
import { type Client, type World, world } from '../world.js';
import { arrive, chatOf, chatWith, get, memberOf, said, types } from './chat-stage.js';

const PEOPLE = ['creator', 'master', 'helper', 'user', 'listener', 'other', 'guest'];
const OK = /^ALTER CHAT(MEMBER)? \w+$/;

/** A public chat with a member of each role; `other` is a user. */
async function court(w: World) {
  const of = (handle: string) => w.client(handle);
  const creator = of('creator');
  const chat = await chatWith(w, creator, ...PEOPLE.slice(1, -1));
  for (const role of ['master', 'helper', 'listener']) {
    creator.send(`ALTER CHATMEMBER ${memberOf(creator, chat, role)} SETROLETO ${role.toUpperCase()}`);
  }
  creator.send(`ALTER CHAT ${chat} SETOPTIONS 1`);
  await arrive(w);
  return { chat, of, creator };
}

const court1 = () => world({ users: PEOPLE.map((handle) => ({ handle })) });

/** What each role may do: the first letters of those who may. */
const RIGHTS: readonly [command: (chat: string) => string, who: string][] = [
  [(chat) => `CHATMESSAGE ${chat} hello`, 'creator master helper user'],
  [(chat) => `ALTER CHAT ${chat} SETTOPIC new`, 'creator master helper user'],
  [(chat) => `ALTER CHAT ${chat} SETTOPICXML <B>new</B>`, 'creator master helper user'],
  [(chat) => `ALTER CHAT ${chat} ADDMEMBERS guest`, 'creator master helper user'],
  [(chat) => `ALTER CHAT ${chat} SETOPTIONS 1`, 'creator master'],
  [(chat) => `ALTER CHAT ${chat} SETPASSWORD word a hint`, 'creator master'],
  [(chat) => `ALTER CHAT ${chat} SETGUIDELINES be kind`, 'creator master'],
  [(chat) => `ALTER CHAT ${chat} KICK other`, 'creator master'],
  [(chat) => `ALTER CHAT ${chat} KICKBAN other`, 'creator master'],
  [(chat) => `ALTER CHAT ${chat} KICK other, nobody`, ''],
  [(chat) => `ALTER CHAT ${chat} KICK creator`, ''],
  [(chat) => `ALTER CHAT ${chat} KICK master`, 'creator'],
  [(chat) => `ALTER CHAT ${chat} DISBAND`, 'creator'],
];

describe('the six roles', () => {
  it.each(RIGHTS.map(([command, who]) => [command('x'), command, who] as const))(
    '%s',
    async (_name, command, who) => {
      await using w = await court1();
      const allowed: string[] = [];
      const { chat, of } = await court(w);
      // From the lowest to the highest: what succeeds may change who is there.
      for (const handle of ['guest', 'listener', 'user', 'helper', 'master', 'creator']) {
        const client = of(handle);
        const [answer = ''] = client.send(command(chat));
        if (!answer.startsWith('ERROR')) allowed.unshift(handle);
        else expect(answer).toMatch(/^ERROR (501|504|510|511) /);
        if (/KICK|ADDMEMBERS/.test(command('')) && !answer.startsWith('ERROR')) {
          const host = of('creator');
          if (command('').includes('ADDMEMBERS')) host.send(`ALTER CHAT ${chat} KICK guest`);
          else host.send(`ALTER CHAT ${chat} ADDMEMBERS other`);
          await arrive(w);
        }
      }
      expect(allowed.join(' ')).toBe(who);
    },
  );

  it("can be given to members of a lower role, up to just below one's own", async () => {
    await using w = await court1();
    const { chat, of } = await court(w);
    const given = ['creator', 'master', 'helper', 'user', 'listener'].map((by) => {
      const client = of(by);
      const others = ['creator', 'master', 'helper', 'user', 'listener'].map((other) => {
        const member = memberOf(client, chat, other);
        const can = CHAT_ROLES.filter((role) =>
          client.send(`ALTER CHATMEMBER ${member} CANSETROLETO ${role}`)[0]?.endsWith(' TRUE'),
        );
        return `${other}: ${can.join(' ') || '-'}`;
      });
      return `${by} -> ${others.join('; ')}`;
    });
    expect(given).toEqual([
      'creator -> creator: -; master: MASTER HELPER USER LISTENER; helper: MASTER HELPER USER LISTENER; user: MASTER HELPER USER LISTENER; listener: MASTER HELPER USER LISTENER',
      'master -> creator: -; master: -; helper: HELPER USER LISTENER; user: HELPER USER LISTENER; listener: HELPER USER LISTENER',
      'helper -> creator: -; master: -; helper: -; user: -; listener: -',
      'user -> creator: -; master: -; helper: -; user: -; listener: -',
      'listener -> creator: -; master: -; helper: -; user: -; listener: -',
    ]);
  });

  it('cannot be regained by leaving and joining again, except by the creator', async () => {
    await using w = await court1();
    const { chat, of } = await court(w);
    for (const handle of ['creator', 'master', 'listener']) {
      of(handle).send(`ALTER CHAT ${chat} LEAVE`);
      await arrive(w);
      expect(of(handle).send(`ALTER CHAT ${chat} JOIN`)[0]).toMatch(OK);
      await arrive(w);
    }
    expect(['creator', 'master', 'listener'].map((each) => get(of(each), chat, 'MYROLE'))).toEqual([
      'CREATOR',
      'USER',
      'LISTENER',
    ]);
  });
});

describe('the text of a message', () => {
  it('can be changed by its sender, by the creator, and by masters unless the creator wrote it', async () => {
    await using w = await court1();
    const { chat, of } = await court(w);
    const ids = new Map<string, Map<string, string>>();
    const writers = ['creator', 'master', 'user'];
    for (const writer of writers) of(writer).send(`CHATMESSAGE ${chat} by ${writer}`);
    await arrive(w);
    for (const reader of [...writers, 'helper']) {
      const client = of(reader);
      const all = get(client, chat, 'CHATMESSAGES').split(', ');
      const bodies = all.map(
        (id) => [client.send(`GET CHATMESSAGE ${id} BODY`)[0]?.split(' by ')[1] ?? '', id] as const,
      );
      ids.set(reader, new Map(bodies));
    }
    const editable = (reader: string) =>
      writers.filter((writer) =>
        of(reader)
          .send(`GET CHATMESSAGE ${ids.get(reader)?.get(writer)} IS_EDITABLE`)[0]
          ?.endsWith(' TRUE'),
      );
    expect(['creator', 'master', 'helper', 'user'].map(editable)).toEqual([
      ['creator', 'master', 'user'],
      ['master', 'user'],
      [],
      ['user'],
    ]);
    const own = ids.get('user')?.get('user');
    const masters = ids.get('master')?.get('user');
    expect(of('helper').send(`SET CHATMESSAGE ${ids.get('helper')?.get('user')} BODY mine`)).toEqual([
      'ERROR 32 Invalid WHAT',
    ]);
    const user = of('user');
    of('master').send(`SET CHATMESSAGE ${masters} BODY better`);
    expect(user.fresh().slice(-3)).toEqual([
      expect.stringMatching(`^CHATMESSAGE ${own} EDITED_TIMESTAMP \\d+$`),
      `CHATMESSAGE ${own} EDITED_BY master`,
      `CHATMESSAGE ${own} BODY better`,
    ]);
    expect(said(of('other'), chat)).toEqual(['by creator', 'by master', 'better']);
  });
});

describe('the six options', () => {
  const set = async (w: World, creator: Client, chat: string, options: number) => {
    expect(creator.send(`ALTER CHAT ${chat} SETOPTIONS ${options}`)[0]).toMatch(OK);
    await arrive(w);
  };

  async function joiner(w: World, creator: Client, chat: string): Promise<Client> {
    const guest = w.client('guest');
    guest.send(`CHAT CREATEUSINGBLOB ${get(creator, chat, 'BLOB')}`);
    guest.send(`ALTER CHAT ${chat} JOIN`);
    await arrive(w);
    return guest;
  }

  it('JOINING_ENABLED: off, nobody new can join', async () => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    await set(w, creator, chat, 0);
    const guest = w.client('guest');
    guest.send(`CHAT CREATEUSINGBLOB ${get(creator, chat, 'BLOB')}`);
    expect(guest.send(`ALTER CHAT ${chat} JOIN`)).toEqual(['ERROR 504 CHAT: action failed']);
    await set(w, creator, chat, CHAT_OPTIONS.JOINING_ENABLED);
    await joiner(w, creator, chat);
    expect(get(guest, chat, 'MYSTATUS')).toBe('SUBSCRIBED');
  });

  it('JOINERS_BECOME_APPLICANTS: a user who joins waits to be accepted, and reads nothing until then', async () => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    await set(w, creator, chat, 1 + CHAT_OPTIONS.JOINERS_BECOME_APPLICANTS);
    const guest = await joiner(w, creator, chat);
    expect([get(guest, chat, 'MYSTATUS'), get(guest, chat, 'MYROLE')]).toEqual([
      'WAITING_REMOTE_ACCEPT',
      'APPLICANT',
    ]);
    expect(get(creator, chat, 'APPLICANTS')).toBe('guest');
    expect(types(creator, chat).at(-1)).toBe('JOINEDASAPPLICANT');
    creator.send(`CHATMESSAGE ${chat} secret`);
    await arrive(w);
    expect(types(guest, chat)).toEqual(['JOINEDASAPPLICANT']);
    expect(guest.send(`CHATMESSAGE ${chat} hello`)[0]).toMatch(/^ERROR 511/);
    expect(creator.send(`ALTER CHATMEMBER ${memberOf(creator, chat, 'guest')} SETROLETO USER`)[0]).toMatch(
      OK,
    );
    await arrive(w);
    expect([get(guest, chat, 'MYSTATUS'), get(guest, chat, 'MYROLE')]).toEqual(['SUBSCRIBED', 'USER']);
    expect(get(creator, chat, 'APPLICANTS')).toBe('');
    expect(guest.send(`CHATMESSAGE ${chat} hello`)[0]).toMatch(/SENDING$/);
  });

  it('JOINERS_BECOME_APPLICANTS: a rejected user is notified', async () => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    await set(w, creator, chat, 1 + CHAT_OPTIONS.JOINERS_BECOME_APPLICANTS);
    const guest = await joiner(w, creator, chat);
    creator.send(`ALTER CHAT ${chat} KICK guest`);
    await arrive(w);
    expect(get(guest, chat, 'MYSTATUS')).toBe('APPLICATION_DENIED');
    expect([get(creator, chat, 'APPLICANTS'), get(creator, chat, 'MEMBERS').includes('guest')]).toEqual([
      '',
      false,
    ]);
  });

  it('JOINERS_BECOME_LISTENERS: a user who joins can read, and cannot write', async () => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    await set(w, creator, chat, 1 + CHAT_OPTIONS.JOINERS_BECOME_LISTENERS);
    const guest = await joiner(w, creator, chat);
    creator.send(`CHATMESSAGE ${chat} news`);
    await arrive(w);
    expect([get(guest, chat, 'MYROLE'), said(guest, chat)]).toEqual(['LISTENER', ['news']]);
    expect(guest.send(`CHATMESSAGE ${chat} hello`)[0]).toMatch(/^ERROR 511/);
  });

  it.each([
    ['off, a new member sees earlier messages', 0, ['before']],
    ['on, a new member does not see earlier messages', CHAT_OPTIONS.HISTORY_DISCLOSED, []],
  ])('HISTORY_DISCLOSED: %s', async (_what, option, expected) => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    creator.send(`CHATMESSAGE ${chat} before`);
    await set(w, creator, chat, 1 + option);
    const guest = await joiner(w, creator, chat);
    expect(said(guest, chat)).toEqual(expected);
  });

  it('USERS_ARE_LISTENERS: users only read, helpers write, and nobody is made a listener', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    await set(w, creator, chat, 1 + CHAT_OPTIONS.USERS_ARE_LISTENERS);
    expect(of('user').send(`CHATMESSAGE ${chat} hello`)[0]).toMatch(/^ERROR 511/);
    expect(of('helper').send(`CHATMESSAGE ${chat} hello`)[0]).toMatch(/SENDING$/);
    const member = memberOf(creator, chat, 'user');
    expect(creator.send(`ALTER CHATMEMBER ${member} CANSETROLETO LISTENER`)[0]).toMatch(/ FALSE$/);
  });

  it('TOPIC_AND_PIC_LOCKED_FOR_USERS: users cannot set the topic, helpers can', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    await set(w, creator, chat, 1 + CHAT_OPTIONS.TOPIC_AND_PIC_LOCKED_FOR_USERS);
    expect(of('user').send(`ALTER CHAT ${chat} SETTOPIC x`)).toEqual(['ERROR 504 CHAT: action failed']);
    expect(of('helper').send(`ALTER CHAT ${chat} SETTOPIC y`)[0]).toMatch(OK);
    expect(get(of('user'), chat, 'TOPIC')).toBe('y');
  });

  it.each(['64', '-1', 'x', '1.5', ''])('SETOPTIONS %s is refused', async (options) => {
    await using w = await court1();
    const { chat, creator } = await court(w);
    expect(creator.send(`ALTER CHAT ${chat} SETOPTIONS ${options}`)[0]).toMatch(/^ERROR 504/);
    expect(get(creator, chat, 'OPTIONS')).toBe('1');
  });
});

describe('removed members', () => {
  it('can come back when they were kicked; banned, when an administrator adds them', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    const user = of('user');
    creator.send(`ALTER CHAT ${chat} KICK user`);
    await arrive(w);
    expect([get(user, chat, 'MYSTATUS'), get(user, chat, 'STATUS')]).toEqual(['KICKED', 'UNSUBSCRIBED']);
    user.send(`ALTER CHAT ${chat} JOIN`);
    await arrive(w);
    expect(get(user, chat, 'MYSTATUS')).toBe('SUBSCRIBED');
    creator.send(`ALTER CHAT ${chat} KICKBAN user`);
    await arrive(w);
    expect(get(user, chat, 'MYSTATUS')).toBe('BANNED');
    user.send(`ALTER CHAT ${chat} JOIN`);
    await arrive(w);
    expect(get(user, chat, 'MYSTATUS')).toBe('BANNED');
    expect(of('helper').send(`ALTER CHAT ${chat} ADDMEMBERS user`)[0]).toMatch(/^ERROR 504/);
    expect(of('master').send(`ALTER CHAT ${chat} ADDMEMBERS user`)[0]).toMatch(OK);
    await arrive(w);
    expect(get(user, chat, 'MYSTATUS')).toBe('SUBSCRIBED');
  });

  it('see no later messages', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    creator.send(`ALTER CHAT ${chat} KICK user`);
    await arrive(w);
    creator.send(`ALTER CHAT ${chat} SETTOPIC secret`);
    creator.send(`ALTER CHAT ${chat} SETGUIDELINES secret`);
    creator.send(`CHATMESSAGE ${chat} secret`);
    creator.send(`ALTER CHAT ${chat} ADDMEMBERS guest`);
    await arrive(w);
    const user = of('user');
    const seen = ['TOPIC', 'GUIDELINES', 'MEMBERS', 'ACTIVEMEMBERS', 'POSTERS', 'FRIENDLYNAME', 'APPLICANTS'];
    for (const property of seen) expect(get(user, chat, property)).not.toMatch(/secret|guest/);
    expect(said(user, chat)).toEqual([]);
  });

  it('are told when the chat is disbanded, and cannot join it', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    const blob = get(creator, chat, 'BLOB');
    creator.send(`ALTER CHAT ${chat} DISBAND`);
    await arrive(w);
    for (const each of ['creator', 'user']) expect(get(of(each), chat, 'MYSTATUS')).toBe('CHAT_DISBANDED');
    expect(of('user').send(`ALTER CHAT ${chat} JOIN`)[0]).toMatch(/^ERROR 504/);
    expect(of('guest').send(`CHAT CREATEUSINGBLOB ${blob}`)).toEqual(['ERROR 504 CHAT: action failed']);
  });

  it('are not let in without the password', async () => {
    await using w = await court1();
    const { chat, creator, of } = await court(w);
    creator.send(`ALTER CHAT ${chat} SETPASSWORD open-sesame the usual`);
    const guest = of('guest');
    guest.send(`CHAT CREATEUSINGBLOB ${get(creator, chat, 'BLOB')}`);
    expect(guest.send(`ALTER CHAT ${chat} ENTERPASSWORD open-sesame`)[0]).toMatch(/^ERROR 504/);
    guest.send(`ALTER CHAT ${chat} JOIN`);
    await arrive(w);
    for (const wrong of ['open', '', 'open-sesame!']) {
      guest.send(`ALTER CHAT ${chat} ENTERPASSWORD ${wrong}`);
      await arrive(w);
      expect(get(guest, chat, 'MYSTATUS')).toBe('PASSWORD_REQUIRED');
    }
    expect(get(guest, chat, 'MEMBERS')).toBe('');
    guest.send(`ALTER CHAT ${chat} ENTERPASSWORD open-sesame`);
    await arrive(w);
    expect(get(guest, chat, 'MYSTATUS')).toBe('SUBSCRIBED');
    expect(chatOf(guest)).toBe(chat);
  });
});
