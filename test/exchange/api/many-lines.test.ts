import { expect, it } from 'vitest';
import type { Session } from '../../../src/exchange/api/session.js';
import type { Exchange } from '../../../src/exchange/exchange.js';
import { world } from '../world.js';

/** A client that takes texts of several lines, or not. */
function attached(exchange: Exchange, handle: string, multiline: boolean) {
  const lines: string[] = [];
  const session: Session = exchange
    .endpoint(handle)
    .connect({ multiline, deliver: (line) => lines.push(line), closed: () => undefined });
  for (const line of ['NAME test', 'PROTOCOL 8']) session.receive(line);
  lines.length = 0;
  const send = (line: string) => {
    const before = lines.length;
    session.receive(line);
    return lines.slice(before);
  };
  return { lines, send };
}

it('only the text of a message may have several lines, and nothing may have a NUL', async () => {
  await using w = await world();
  const alice = attached(w.exchange, 'alice', true);
  for (const command of [
    'SET USER bob DISPLAYNAME a\nb',
    'SET PROFILE FULLNAME a\nb',
    'CREATE GROUP a\nb',
    'MESSAGE bo\nb hi',
    'MESSAGE bob hi\0there',
    'CHATMESSAGE #a\nlice/$bob;1 hi',
    '#1\n MESSAGE bob hi',
    'PING\n',
  ]) {
    expect([command, alice.send(command)[0]]).toEqual([command, expect.stringMatching(/ERROR \d+/)]);
  }
  const text = 'one\r\ntwo\nSET USERSTATUS OFFLINE';
  expect(alice.send(`#7 MESSAGE bob ${text}`)[0]).toMatch(/^#7 CHATMESSAGE \d+ STATUS SENDING$/);
  expect(alice.send('GET USERSTATUS')).toEqual(['USERSTATUS ONLINE']);
});

it('a client that takes single lines gets blanks in their place', async () => {
  await using w = await world();
  const [alice, bob, plain] = [
    attached(w.exchange, 'alice', true),
    attached(w.exchange, 'bob', true),
    attached(w.exchange, 'bob', false),
  ];
  alice.send('MESSAGE bob one\r\ntwo');
  await w.clock.advance(1000);
  const id = /CHATMESSAGE (\d+) STATUS RECEIVED/.exec(bob.lines.join('\n'))?.[1];
  expect(bob.send(`GET CHATMESSAGE ${id} BODY`)).toEqual([`CHATMESSAGE ${id} BODY one\r\ntwo`]);
  expect(plain.send(`GET CHATMESSAGE ${id} BODY`)).toEqual([`CHATMESSAGE ${id} BODY one two`]);
  expect(plain.send('MESSAGE alice a\nb')[0]).toMatch(/^ERROR 1/);
});
