import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Scenario } from '../../../src/exchange/scenario/scenario.js';
import { chatOf, get, message, said, search } from '../chats/chat-stage.js';
import { Client, folder } from '../world.js';

it('robots of a scenario write, add, leave and kick in chats, and can be late, away or refuse', async () => {
  const path = join(folder(), 'scenario.json');
  writeFileSync(
    path,
    JSON.stringify({
      users: [{ handle: 'jack' }, { handle: 'jill' }],
      robots: [
        { handle: 'answers', chats: { answers: [{ to: 'HELLO', says: 'good day' }, { says: 'pardon?' }] } },
        { handle: 'late', chats: { answers: [{ says: 'at last' }], afterMs: 5000 } },
        { handle: 'away', status: 'OFFLINE', chats: { answers: [{ says: 'back' }] } },
        { handle: 'never', chats: { refuses: 'ADDER_MUST_BE_FRIEND' } },
        { handle: 'host' },
      ],
      people: [{ robot: 'away', afterMs: 20_000, status: 'ONLINE' }],
      chats: [
        { robot: 'host', afterMs: 1000, writesTo: 'jack', text: 'it is me' },
        { robot: 'host', afterMs: 2000, gathers: ['jack', 'answers'] },
        { robot: 'host', afterMs: 3000, adds: 'jill' },
        { robot: 'host', afterMs: 4000, says: 'hello all' },
        { robot: 'host', afterMs: 5000, kicks: 'jill' },
        { robot: 'host', afterMs: 6000, leaves: true },
      ],
    }),
  );
  const clock = new VirtualClock();
  const scenario = await Scenario.load(path, clock);
  await using exchange = await Exchange.start({ ...scenario.options, clock });
  await scenario.run(exchange);
  const [jack, jill] = [new Client(exchange, 'jack'), new Client(exchange, 'jill')];
  const write = async (to: string, text: string) => {
    const before = jack.lines.length;
    jack.send(`MESSAGE ${to} ${text}`);
    await clock.advance(500);
    const chat = chatOf(jack);
    return { chat, told: jack.lines.slice(before) };
  };
  const { chat: answers } = await write('answers', 'Hello there');
  await write('answers', 'what?');
  expect(said(jack, answers)).toEqual(['Hello there', 'good day', 'what?', 'pardon?']);
  await clock.advance(1500);
  const [first = '', hosts = ''] = search(jack, 'CHATS').slice(1);
  expect([said(jack, first), get(jack, first, 'DIALOG_PARTNER')]).toEqual([['it is me'], 'host']);
  await clock.advance(1000);
  expect(get(jack, hosts, 'MEMBERS')).toBe('answers host jack jill');
  await clock.advance(1500);
  expect(said(jill, hosts)).toEqual(['hello all', 'good day']);
  await clock.advance(2000);
  expect(get(jill, hosts, 'MYSTATUS')).toBe('KICKED');
  expect(get(jack, hosts, 'MEMBERS')).toBe('answers jack');
  const late = await write('late', 'hurry');
  expect(said(jack, late.chat)).toEqual(['hurry']);
  await clock.advance(5500);
  expect(said(jack, late.chat)).toEqual(['hurry', 'at last']);
  const away = await write('away', 'anybody?');
  expect(away.told.filter((line) => line.endsWith(' SENT'))).toEqual([]);
  const refused = await write('never', 'please');
  const [left = ''] = search(jack, 'MISSEDCHATMESSAGES').slice(-1);
  expect([message(jack, left, 'TYPE'), message(jack, left, 'LEAVEREASON')]).toEqual([
    'LEFT',
    'ADDER_MUST_BE_FRIEND',
  ]);
  expect(refused.told.filter((line) => line.endsWith(' SENT'))).toEqual([]);
  await clock.advance(10_000);
  expect(said(jack, away.chat)).toEqual(['anybody?', 'back']);
});
