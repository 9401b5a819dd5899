import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange/exchange.js';
import { type World, world } from '../world.js';
import { arrive, chatOf, chatWith, get, memberOf, said } from './chat-stage.js';

const MEGABYTE = 1_048_576;

/** A client that takes texts of several lines. */
function attached(w: World, handle: string) {
  const lines: string[] = [];
  const session = w.exchange
    .endpoint(handle)
    .connect({ multiline: true, deliver: (line) => lines.push(line), closed: () => undefined });
  const send = (line: string) => {
    const before = lines.length;
    session.receive(line);
    return lines.slice(before);
  };
  send('PROTOCOL 8');
  return { lines, send };
}

const TEXTS: readonly [string, string][] = [
  ['several lines', 'one\r\ntwo\n\nCHATMESSAGE 1 STATUS READ\nERROR 1'],
  ['quotes, commas and semicolons', `"a", 'b'; c,,;;"`],
  ['blanks around it', '  a  '],
  ['marks that turn the writing around', '\u202Egnp.exe\u202C \u200F\u2066x\u2069'],
  ['characters beyond the first plane', '😀'.repeat(300)],
  ['characters that combine', `e${'\u0301'.repeat(500)}`],
  ['other ends of lines', 'a\u2028b\u2029c\u0085d\u000be'],
  ['markup', '<b>&amp;</b><script>alert(1)</script>'],
  ['half a character', '\ud83d a'],
  ['a megabyte', 'x'.repeat(MEGABYTE)],
];

describe('the text of a message', () => {
  it.each(TEXTS)('of %s arrives unchanged', async (_what, text) => {
    await using w = await world();
    const [alice, bob] = [attached(w, 'alice'), attached(w, 'bob')];
    const [answer = ''] = alice.send(`MESSAGE bob ${text}`);
    expect(answer).toMatch(/^CHATMESSAGE \d+ STATUS SENDING$/);
    await arrive(w);
    const id = /CHATMESSAGE (\d+) STATUS RECEIVED/.exec(bob.lines.join('\n'))?.[1];
    expect(bob.send(`GET CHATMESSAGE ${id} BODY`)[0] === `CHATMESSAGE ${id} BODY ${text}`).toBe(true);
    expect(
      alice.send(`SET CHATMESSAGE ${answer.split(' ')[1]} BODY ${text.slice(1)}`)[0]?.endsWith(text.slice(1)),
    ).toBe(true);
    const chatter = [...alice.lines, ...bob.lines].filter((line) => !line.includes(' BODY '));
    expect(chatter.filter((line) => /[\r\n]/.test(line))).toEqual([]);
    // The title of a dialog does not end in half a character.
    expect(
      chatter.filter((line) => /[\ud800-\udbff](?![\udc00-\udfff])/.test(line) && text !== '\ud83d a'),
    ).toEqual([]);
    expect(w.failures).toEqual([]);
  });

  it('is refused beyond a megabyte, and with a NUL', async () => {
    await using w = await world();
    const alice = attached(w, 'alice');
    alice.send('MESSAGE bob hello');
    const chat = /CHAT (\S+) NAME/.exec(alice.lines.join('\n'))?.[1];
    expect(alice.send(`CHATMESSAGE ${chat} ${'x'.repeat(MEGABYTE + 1)}`)[0]).toMatch(/^ERROR 511 /);
    expect(alice.send(`CHATMESSAGE ${chat} ${'ü'.repeat(MEGABYTE / 2 + 1)}`)[0]).toMatch(/^ERROR 511 /);
    expect(alice.send(`CHATMESSAGE ${chat} a\0b`)[0]).toMatch(/^ERROR /);
  });

  it('of a megabyte arrives over TCP', async () => {
    await using exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }] });
    const socket = connect(await exchange.listen({ handle: 'alice' }), '127.0.0.1');
    const text = 'x'.repeat(MEGABYTE);
    socket.write(`PROTOCOL 8\nMESSAGE bob ${text}\n`);
    let got = '';
    let asked = false;
    for await (const chunk of socket) {
      got += String(chunk);
      const id = /CHATMESSAGE (\d+) STATUS SENDING\n/.exec(got)?.[1];
      if (id !== undefined && !asked) {
        asked = true;
        socket.write(`GET CHATMESSAGE ${id} BODY\n`);
      }
      if (got.includes(` BODY ${text}\n`)) break;
    }
    socket.destroy();
    expect(got.split('\n').some((line) => line.endsWith(` BODY ${text}`))).toBe(true);
  });
});

describe('topics, guidelines and passwords', () => {
  it('are answered as they were set, in one line', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    const chat = await chatWith(w, alice, 'bob', 'carol');
    const texts = [`"quoted" 'x'; a,b`, '\u202Eabc', 'x'.repeat(10_000), '#alice/$bob TOPIC y', '<I>'];
    for (const text of texts) {
      alice.send(`ALTER CHAT ${chat} SETTOPIC ${text}`);
      alice.send(`ALTER CHAT ${chat} SETGUIDELINES ${text}`);
      expect([get(bob, chat, 'TOPIC'), get(bob, chat, 'GUIDELINES')]).toEqual([text, text]);
    }
    expect(alice.send(`ALTER CHAT ${chat} SETTOPIC ${'x'.repeat(10_001)}`)[0]).toMatch(/^ERROR 504/);
    alice.send(`ALTER CHAT ${chat} SETTOPICXML <B>bold <unfinished`);
    expect([get(bob, chat, 'TOPIC'), get(bob, chat, 'TOPICXML')]).toEqual([
      'bold <unfinished',
      '<B>bold <unfinished',
    ]);
    alice.send(`ALTER CHAT ${chat} SETPASSWORD p"w;,' a "hint" of it`);
    expect(get(bob, chat, 'PASSWORDHINT')).toBe('a "hint" of it');
    expect(JSON.stringify(bob.lines)).not.toContain('p\\"w;');
  });
});

describe('handles', () => {
  it('that are words of the protocol are valid handles', async () => {
    const handles = ['constructor', 'hasOwnProperty', 'toString', 'valueOf', 'a,b', 'cd:e'];
    await using w = await world({ users: handles.map((handle) => ({ handle })) });
    const host = w.client('constructor');
    const chat = await chatWith(w, host, 'hasOwnProperty', 'toString', 'valueOf', 'cd:e');
    host.send(`ALTER CHAT ${chat} ADDMEMBERS a,b`);
    await arrive(w);
    expect(get(host, chat, 'MEMBERS').split(' ')).toHaveLength(6);
    const member = memberOf(host, chat, 'toString');
    host.send(`ALTER CHATMEMBER ${member} SETROLETO MASTER`);
    w.client('valueOf').send(`CHATMESSAGE ${chat} hello`);
    host.send(`ALTER CHAT ${chat} KICK hasOwnProperty`);
    await arrive(w);
    expect([get(w.client('toString'), chat, 'MYROLE'), said(w.client('a,b'), chat)]).toEqual([
      'MASTER',
      ['hello'],
    ]);
    expect(get(w.client('hasOwnProperty'), chat, 'MYSTATUS')).toBe('KICKED');
    expect(w.failures).toEqual([]);
  });

  it('are equal in any case', async () => {
    await using w = await world({ users: ['Alice', 'Bob', 'Carol'].map((handle) => ({ handle })) });
    const alice = w.client('Alice');
    alice.send('MESSAGE bOB hello');
    alice.send('MESSAGE BOB again');
    alice.send('CHAT CREATE bob');
    await arrive(w);
    const chat = chatOf(alice);
    expect([alice.send('SEARCH CHATS'), get(alice, chat, 'MEMBERS')]).toEqual([
      [`CHATS ${chat}`],
      'Alice Bob',
    ]);
    const many = await chatWith(w, alice, 'BOB', 'bob', 'carol');
    expect(get(alice, many, 'MEMBERS')).toBe('Alice Bob Carol');
    alice.send(`ALTER CHAT ${many} KICKBAN bOb`);
    await arrive(w);
    expect([get(alice, many, 'MEMBERS'), get(w.client('Bob'), many, 'MYSTATUS')]).toEqual([
      'Alice Carol',
      'BANNED',
    ]);
  });
});
