import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { AccountClient, type AccountClientOptions } from '../../../src/control.js';
import { type AccountStage, accountStage, TOKENS } from '../../exchange/account/account-stage.js';
import { driven, turn } from '../../turns.js';

function clientOf(
  { origin }: AccountStage,
  as: keyof typeof TOKENS = 'alice',
  more: Partial<AccountClientOptions> = {},
) {
  return new AccountClient({ address: origin, token: TOKENS[as], ...more });
}

async function all<T>(each: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of each) found.push(one);
  return found;
}

describe('a client of the account services', () => {
  it('has settings by their names', async () => {
    await using stage = await accountStage();
    const { settings } = clientOf(stage);
    expect(await settings.all()).toMatchObject({
      webLinkPreviews: true,
      darkTheme: false,
      callsFrom: 'anyone',
    });
    await settings.set('webLinkPreviews', false);
    await settings.set('callsFrom', 'contacts');
    await settings.set('videoFrom', 'contacts');
    await settings.set('videoFrom', 'nobody');
    expect(await settings.flags()).toEqual([11, 16]);
    expect([await settings.get('callsFrom'), await settings.get('videoFrom')]).toEqual([
      'contacts',
      'nobody',
    ]);
    expect(stage.exchange.endpoint('alice').user.callsFrom).toBe('contacts');
    await expect(settings.get('constructor' as 'sounds')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(settings.set('callsFrom', 'nobody' as 'anyone')).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
  });

  it('has profile, services and status, at base addresses of their own too', async () => {
    await using stage = await accountStage();
    const { origin } = stage;
    const client = clientOf(stage, 'alice', {
      address: 'http://127.0.0.1:1',
      addresses: {
        api: `${origin}/api`,
        entitlement: `${origin}/entitlement/`,
        flags: `${origin}/flags/v1`,
        messaging: `${origin}/messaging`,
      },
    });
    await client.changeProfile({ mood: 'at sea', city: 'Narva' });
    expect(await client.profile()).toMatchObject({
      username: 'alice',
      mood: 'at sea',
      city: 'Narva',
      emails: [],
    });
    expect(await client.services()).toMatchObject([{ id: 'pstn' }, { id: 'voicemail', active: true }]);
    expect(await client.status()).toBe('Online');
    await client.settings.setFlag(28, true);
    expect(await client.settings.flags()).toEqual([28]);
  });

  it('walks over conversations and messages, and writes, changes and deletes', async () => {
    await using stage = await accountStage();
    const client = clientOf(stage);
    for (let count = 1; count <= 25; count++) await client.send('8:bob', `message ${count}`);
    const id = await client.send('8:carol', 'hello');
    expect((await all(client.conversations())).map((each) => each.id)).toEqual(['8:carol', '8:bob']);
    const messages = await all(client.messages('8:bob', { pageSize: 7 }));
    expect(messages.slice(0, 25).map(({ content }) => content)).toEqual(
      Array.from({ length: 25 }, (_, index) => `message ${25 - index}`),
    );
    expect(messages[0]).toMatchObject({ from: 'alice', type: 'Text' });
    await client.edit('8:carol', id, 'Hello!');
    const [first] = await all(client.messages('8:carol'));
    expect(first).toMatchObject({ id, content: 'Hello!' });
    await client.delete('8:carol', id);
    expect((await all(client.messages('8:carol')))[0]?.content).toBe('');
    await stage.clock.advance(1000);
    const bob = clientOf(stage, 'bob');
    const [newest] = await all(bob.messages('8:alice', { pageSize: 1 }));
    await bob.markRead('8:alice', newest?.id ?? '');
    expect(stage.client('bob').send('SEARCH MISSEDCHATMESSAGES')).toEqual(['CHATMESSAGES ']);
  });

  it('receives events until its loop ends, and continues when its endpoint has expired', async () => {
    await using stage = await accountStage({}, { perSecond: 1000 });
    const client = clientOf(stage);
    await using endpoint = await client.connect();
    await endpoint.setStatus('Busy');
    expect(await client.status()).toBe('Online');
    const over = new AbortController();
    const heard: string[] = [];
    const bob = stage.client('bob');
    const hearing = (async () => {
      for await (const { resource } of endpoint.events({ signal: over.signal })) {
        if (resource['messagetype'] === 'Text') heard.push(String(resource['content']));
        if (heard.at(-1) === 'two') over.abort();
      }
    })();
    const outcome = hearing.catch((error: unknown) => error);
    /** Says a word until it is heard: what is said before the endpoint asks is not for it. */
    const said = async (word: string) => {
      while (!heard.includes(word)) {
        bob.send(`MESSAGE alice ${word}`);
        await stage.clock.advance(100);
        await turn();
      }
    };
    await said('one');
    const [known] = (await stage.ask('GET /v1/users/ME/endpoints')).body;
    await stage.ask(`DELETE ${known.link}`);
    await said('two');
    expect(await outcome).toMatchObject({ code: 'ERR_ABORTED' });
    expect([...new Set(heard)]).toEqual(['one', 'two']);
  });
});

/** A server that answers as it is told, one answer after the other. */
async function answering(
  answers: readonly ((request: IncomingMessage, response: ServerResponse) => void)[],
): Promise<{ readonly address: string; readonly asked: string[]; readonly server: Server }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    (answers[asked.length - 1] ?? answers.at(-1))?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

const says = (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const token = 'a-token-0123456789';

describe('a client retries', () => {
  it('after 429, 5xx and a broken connection, with growing pauses on its clock', async () => {
    const { address, asked, server } = await answering([
      says(429, {}),
      says(500, {}),
      (request) => request.socket.destroy(),
      says(200, [1, 2]),
    ]);
    const clock = new VirtualClock();
    const { settings } = new AccountClient({ address, token, clock, timeoutMs: Number.POSITIVE_INFINITY });
    expect(await driven(clock, settings.flags())).toEqual([1, 2]);
    expect(asked).toHaveLength(4);
    expect(clock.now()).toBe(250 + 500 + 1000);
    server.closeAllConnections();
    server.close();
  });

  it('a limited number of times, and not where a retry could do something twice', async () => {
    const { address, asked, server } = await answering([
      says(500, { error: { code: 'ERR_X', message: 'no' } }),
    ]);
    const clock = new VirtualClock();
    const client = new AccountClient({
      address,
      token,
      clock,
      retries: 2,
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    await expect(driven(clock, client.settings.flags())).rejects.toMatchObject({
      name: 'AccountError',
      code: 'ERR_PEER',
      status: 500,
      message: 'GET /api/v1 was answered with status 500: no',
    });
    expect(asked).toHaveLength(3);
    await expect(driven(clock, client.send('8:bob', 'x'))).rejects.toMatchObject({ status: 500 });
    expect(asked).toHaveLength(4);
    server.closeAllConnections();
    server.close();
  });

  it('never with retries: 0, and reports errors of an answer, a token or a server', async () => {
    const { address, server } = await answering([
      says(200, { no: 'list' }),
      says(401, {}),
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      (_, response) => void response.end('<html>'),
    ]);
    const client = new AccountClient({ address, token, retries: 0 });
    await expect(client.settings.flags()).rejects.toMatchObject({ code: 'ERR_UNEXPECTED_REPLY' });
    await expect(client.settings.flags()).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
    await expect(client.settings.flags()).rejects.toMatchObject({
      code: 'ERR_UNEXPECTED_REPLY',
      status: 302,
    });
    await expect(client.settings.flags()).rejects.toMatchObject({ code: 'ERR_UNEXPECTED_REPLY' });
    server.closeAllConnections();
    server.close();
    await expect(client.settings.flags()).rejects.toMatchObject({ code: 'ERR_PEER' });
  });

  it('after a pause within its limit, and not once its signal fires', async () => {
    const { address, server } = await answering([() => undefined]);
    const clock = new VirtualClock();
    const client = new AccountClient({ address, token, clock, timeoutMs: 5000, retries: 0 });
    await expect(driven(clock, client.settings.flags())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    const over = new AbortController();
    const listing = all(client.conversations({ signal: over.signal }));
    over.abort();
    await expect(listing).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    server.closeAllConnections();
    server.close();
  });
});
