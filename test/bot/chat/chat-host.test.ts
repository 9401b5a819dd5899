import { expect, test } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { BotHost } from '../../../src/bot/bot-host.js';
import type { ChatBotResult } from '../../../src/bot/chat/chat-attendant.js';
import { type ChatBotOptions, chatBot } from '../../../src/bot/chat/chat-bot.js';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { ScriptedEndpoint } from '../../control/scripted-endpoint.js';
import { driven, turn } from '../../turns.js';

interface House {
  readonly host: BotHost;
  readonly results: readonly ChatBotResult[];
  readonly ann: Client;
  readonly bob: Client;
}

/** Runs `work` with a host and two people, on a clock that goes on by itself. */
async function inHouse(work: (house: House) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const users = ['the.bot', 'ann', 'bob'].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, users });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  await using server = new PcmServer();
  await using client = await attached('the.bot');
  await using ann = await attached('ann');
  await using bob = await attached('bob');
  const host = new BotHost({ client, server, clock });
  const results: ChatBotResult[] = [];
  host.on('chatResult', (result) => results.push(result));
  await driven(
    clock,
    turn().then(() => work({ host, results, ann, bob })),
  );
}

/** Answers each message with who wrote it, until `bye`. */
const parrot = (options: ChatBotOptions = {}) =>
  chatBot(async (chat) => {
    for await (const text of chat.texts()) {
      await chat.say(`${chat.partner.handle}: ${text}`);
      if (text === 'bye') return;
    }
  }, options);

/** The next text of the bot that a client reads. */
async function answer(reading: AsyncGenerator<{ readonly body: string | undefined }>): Promise<string> {
  return (await reading.next()).value?.body ?? '';
}

test('in a chat of several people each member has a conversation, if the bot takes such chats', async () => {
  await inHouse(async ({ host, results, ann, bob }) => {
    await host.attendChats(parrot({ chats: 'all' }));
    const room = await ann.chats.create(['bob', 'the.bot']);
    const reading = ann.chats.incoming({ types: ['SAID'] });
    await room.send('one');
    expect(await answer(reading)).toBe('ann: one');
    const there = bob.chats.get(room.id);
    await there.send('bye');
    expect([await answer(reading), await answer(reading)].sort()).toEqual(['bob: bye', 'bye']);
    expect(host.activeChats).toBe(1);
    await host.close();
    expect(results.map(({ partner, outcome }) => [partner, outcome])).toEqual([
      ['bob', 'done'],
      ['ann', 'done'],
    ]);
  });
});

test('by default it answers in chats of two only, up to its limit at once, and only chats that it accepts', async () => {
  await inHouse(async ({ host, results, ann, bob }) => {
    const refused: string[] = [];
    host.on('chatRefused', (chat) => refused.push(chat.id));
    const accept = ({ body }: { readonly body: string | undefined }) => body !== 'spam';
    await host.attendChats(parrot(), { maxChats: 1, accept });
    const room = await ann.chats.create(['bob', 'the.bot']);
    await room.send('nobody answers here');
    await ann.chats.message('the.bot', 'spam');
    const reading = ann.chats.incoming();
    await ann.chats.message('the.bot', 'hello');
    expect(await answer(reading)).toBe('ann: hello');
    await bob.chats.message('the.bot', 'too many');
    await ann.chats.message('the.bot', 'bye');
    expect(await answer(reading)).toBe('ann: bye');
    expect(refused).toHaveLength(1);
    const heard = bob.chats.incoming();
    await bob.chats.message('the.bot', 'now');
    expect(await answer(heard)).toBe('bob: now');
    await host.close();
    expect(results.map(({ partner }) => partner)).toEqual(['ann', 'bob']);
  });
});

test('a host that is disposed of cuts conversations short; another bot takes over from the one before', async () => {
  await inHouse(async ({ host, results, ann }) => {
    const stubborn = chatBot(
      async (chat) => {
        for (;;) if ((await chat.next()) === undefined) await chat.next({ timeoutMs: 1 });
      },
      { name: 'stubborn' },
    );
    const begun = new Promise((resolve) => host.once('chatting', resolve));
    await host.attendChats(stubborn);
    await ann.chats.message('the.bot', 'hello');
    await begun;
    await host[Symbol.asyncDispose]();
    expect(results).toMatchObject([{ bot: 'stubborn', outcome: 'failed', error: { code: 'ERR_CLOSED' } }]);
    await expect(host.attendChats(parrot())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

test('an endpoint without chats, or of an old version, is reported at once', async () => {
  await using server = new PcmServer();
  const without = new ScriptedEndpoint({ 'GET CHATMESSAGE 1 BODY': 'ERROR 7 GET: invalid WHAT' });
  const old = new ScriptedEndpoint({
    'PROTOCOL 8': 'PROTOCOL 2',
    'GET CHATMESSAGE 1 BODY': 'ERROR 15 Unknown message',
  });
  for (const endpoint of [without, old]) {
    await using client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0 });
    const host = new BotHost({ client, server });
    await expect(host.attendChats(parrot())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await host.close();
  }
});
