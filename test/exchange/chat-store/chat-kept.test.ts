import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { ChatDatabase } from '../../../src/exchange/chat-store/chat-database.js';
import { PLAIN_MESSAGE } from '../../../src/exchange/chats/chat-message.js';
import { Database } from '../../../src/files/database.js';
import {
  arrive,
  chatOf,
  chatWith,
  get,
  memberOf,
  message,
  said,
  search,
  types,
} from '../chats/chat-stage.js';
import { folder, settle, world } from '../world.js';

const DIST = JSON.stringify(new URL('../../../dist/exchange.js', import.meta.url).href);

/** Writes messages, edits and topics as fast as it can, and says what it was answered. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { Exchange } from ${DIST};
  const exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }], stateFolder: process.argv[1] });
  let answer = '';
  const client = { deliver: (line) => (answer ||= line), closed() {} };
  const session = exchange.endpoint('alice').connect(client);
  const ask = (line) => { answer = ''; session.receive(line); return answer; };
  ask('PROTOCOL 8');
  const chat = ask('CHAT CREATE').split(' ')[1];
  for (let n = 1; ; n++) {
    const id = ask('CHATMESSAGE ' + chat + ' ' + n).split(' ')[1];
    ask('SET CHATMESSAGE ' + id + ' BODY edited ' + n);
    ask('ALTER CHAT ' + chat + ' SETTOPIC ' + n);
    writeSync(1, JSON.stringify({ chat, id, n }) + '\\n');
    // timer: what goes on by the clock (deliveries, writes) has its turn.
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
  }
`;

describe('chats in a state folder', () => {
  it('survive a restart: members, roles, ids, messages and unseen ones', async () => {
    const stateFolder = folder();
    let chat = '';
    let dialog = '';
    let before: unknown[] = [];
    const look = (w: Awaited<ReturnType<typeof world>>) => {
      const [alice, bob] = [w.client(), w.client('bob')];
      return [
        search(alice, 'CHATS'),
        search(bob, 'MISSEDCHATMESSAGES'),
        search(alice, 'BOOKMARKEDCHATS'),
        ...[
          'MEMBERS',
          'ACTIVEMEMBERS',
          'MEMBEROBJECTS',
          'TOPIC',
          'OPTIONS',
          'BLOB',
          'CHATMESSAGES',
          'MYROLE',
        ].map((each) => get(alice, chat, each)),
        ...[said(bob, chat), types(bob, dialog), get(bob, dialog, 'FRIENDLYNAME')],
        bob.send(`GET CHATMEMBER ${memberOf(bob, chat, 'carol')} ROLE`),
      ];
    };
    {
      await using w = await world({ stateFolder });
      const [alice, bob] = [w.client(), w.client('bob')];
      alice.send('MESSAGE bob first');
      await arrive(w);
      dialog = chatOf(alice);
      chat = await chatWith(w, alice, 'bob', 'carol');
      for (const command of [
        'SETOPTIONS 13',
        'SETTOPIC ünïcode "; DROP',
        'SETPASSWORD word hint',
        'BOOKMARK',
        'KICK carol',
      ]) {
        alice.send(`ALTER CHAT ${chat} ${command}`);
      }
      alice.send(`ALTER CHAT ${chat} ADDMEMBERS carol`);
      alice.send(`CHATMESSAGE ${chat} hello`);
      bob.send('SET USERSTATUS OFFLINE');
      alice.send(`CHATMESSAGE ${chat} while you were away`);
      await arrive(w);
      before = look(w);
    }
    await using w = await world({ stateFolder });
    expect(look(w)).toEqual(before);
    // Who was away at the end is there after the restart.
    w.client().send(`CHATMESSAGE ${chat} again`);
    await arrive(w);
    expect(said(w.client('bob'), chat)).toEqual(['hello', 'while you were away', 'again']);
    expect(w.failures).toEqual([]);
  });

  it('never reuse a number, also of messages that were cleared', async () => {
    const stateFolder = folder();
    let last = 0;
    {
      await using w = await world({ stateFolder });
      const alice = w.client();
      alice.send('MESSAGE bob hello');
      await arrive(w);
      last = Number(search(w.client('bob'), 'CHATMESSAGES').at(-1));
      for (const handle of ['alice', 'bob'])
        expect(w.client(handle).send('CLEAR CHATHISTORY')).toContain('IMHISTORYCHANGED');
      expect(search(alice, 'CHATMESSAGES')).toEqual([]);
      expect(search(alice, 'CHATS')).toHaveLength(1);
    }
    await using w = await world({ stateFolder });
    const [answer = ''] = w.client().send('MESSAGE bob again');
    expect(Number(answer.split(' ')[1])).toBeGreaterThan(last);
  });

  it('complete interrupted work: messages being sent, and users that are joining', async () => {
    const stateFolder = folder();
    const copy = folder();
    let chat = '';
    {
      await using w = await world({ stateFolder });
      const [alice, bob] = [w.client(), w.client('bob')];
      chat = await chatWith(w, alice);
      bob.send(`CHAT CREATEUSINGBLOB ${get(alice, chat, 'BLOB')}`);
      bob.send(`ALTER CHAT ${chat} JOIN`);
      alice.send('MESSAGE carol hello');
      // As a SIGKILL at this moment would leave it.
      cpSync(stateFolder, copy, { recursive: true });
    }
    await using w = await world({ stateFolder: copy });
    await arrive(w);
    expect(get(w.client('bob'), chat, 'MYSTATUS')).toBe('SUBSCRIBED');
    const [dialog = ''] = search(w.client('carol'), 'CHATS');
    expect(said(w.client('carol'), dialog)).toEqual(['hello']);
  });

  it('become SENT in batches when very many were being sent, and a user that comes online gets the newest 400', async () => {
    const stateFolder = folder();
    const count = 1500;
    {
      await using w = await world({ stateFolder });
      w.client().send('MESSAGE bob hello');
      await arrive(w);
    }
    {
      const store = ChatDatabase.open(stateFolder);
      const [chat] = store.chats();
      const view = store.views().find(({ handle }) => handle === 'alice');
      if (!chat || !view) throw new Error('There is no chat.');
      const plain = { ...PLAIN_MESSAGE, chat: chat.number, from: 'alice', at: 2_000_000_000 };
      let id = store.lastId;
      store.write(() => {
        let seq = 0;
        for (let n = 1; n <= count; n++) {
          seq = store.addMessage({ ...plain, type: 'SAID', body: String(n) });
          store.addCopy({ id: ++id, view: view.number, seq, status: 'SENDING' });
        }
        store.saveChat({ number: chat.number, state: { ...chat.state, last: seq } });
        store.saveView({ ...view, state: { ...view.state, delivered: seq } });
        store.keepLastId(id);
      });
      store.close();
    }
    await using w = await world({ stateFolder });
    const alice = w.client();
    const statuses = () => {
      const ids = search(alice, 'CHATMESSAGES bob');
      const some = [...ids.filter((_, index) => index % 100 === 0), ids.at(-1) ?? ''];
      return new Set(some.map((each) => message(alice, each, 'STATUS')));
    };
    expect(statuses()).toEqual(new Set(['SENT', 'SENDING']));
    await arrive(w);
    expect(statuses()).toEqual(new Set(['SENT']));
    expect(search(w.client('bob'), 'MISSEDCHATMESSAGES')).toHaveLength(402);
  });

  it('survive a SIGKILL: answered changes are kept completely', async () => {
    const stateFolder = folder();
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, stateFolder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answered = { chat: '', id: '', n: 0 };
    for await (const line of createInterface({ input: child.stdout })) {
      answered = JSON.parse(line);
      if (answered.n === 300) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using w = await world({ stateFolder });
    const alice = w.client();
    const bodies = said(alice, answered.chat);
    expect(bodies.slice(0, answered.n)).toEqual(
      Array.from({ length: answered.n }, (_, n) => `edited ${n + 1}`),
    );
    expect(bodies.length - answered.n).toBeLessThan(500);
    expect(Number(get(alice, answered.chat, 'TOPIC'))).toBeGreaterThanOrEqual(answered.n);
    expect(w.failures).toEqual([]);
  });

  it('are stored in files for their owner only', async () => {
    const stateFolder = folder();
    await using _ = await world({ stateFolder });
    expect(statSync(join(stateFolder, 'chats.db')).mode & 0o777).toBe(0o600);
  });

  it('leave damaged rows out, and report them', async () => {
    const stateFolder = folder();
    const made: string[] = [];
    {
      await using w = await world({ stateFolder });
      for (const _ of [1, 2]) made.push(await chatWith(w, w.client(), 'bob', 'carol'));
    }
    {
      using db = Database.open(join(stateFolder, 'chats.db'), Array(2).fill('SELECT 1'));
      db.run('UPDATE chat SET state = ? WHERE number = 1', '{"name":"#alice/$0\\nCALL bob"}');
    }
    await using w = await world({ stateFolder });
    expect(search(w.client(), 'CHATS')).toEqual(made.slice(1));
    await settle();
    expect(w.failures.map(String).join()).toMatch(/The chat 1 of .*chats\.db is damaged/);
  });

  it('stop an exchange from starting when the file is not a database, with advice', async () => {
    const stateFolder = folder();
    writeFileSync(join(stateFolder, 'chats.db'), 'x'.repeat(8192));
    await expect(world({ stateFolder })).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/Move it away to start with an empty chat history/),
    });
  });
});
