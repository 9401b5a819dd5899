import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import type { Application } from '../../../src/control/state/application.js';
import type { ApplicationStream } from '../../../src/control/state/application-stream.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';

interface Pair extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly clients: readonly [Client, Client];
  readonly applications: readonly [Application, Application];
  readonly streams: readonly [ApplicationStream, ApplicationStream];
}

/** Two users whose programs have an application, with one stream between them. */
async function pair(options: ExchangeOptions = {}): Promise<Pair> {
  const exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }], ...options });
  const client = (handle: string) =>
    attach(new MemoryTransport(exchange.endpoint(handle)), { pingIntervalMs: 0 });
  const clients = [await client('alice'), await client('bob')] as const;
  const applications = [await clients[0].application('test'), await clients[1].application('test')] as const;
  const incoming = once(applications[1], 'stream') as Promise<[ApplicationStream]>;
  const [outgoing] = await applications[0].connect('bob');
  const [[other]] = [await incoming];
  if (!outgoing) throw new Error('nobody was found');
  return {
    exchange,
    clients,
    applications,
    streams: [outgoing, other],
    async [Symbol.asyncDispose]() {
      for (const each of clients) await each.close();
      await exchange.close();
    },
  };
}

describe('an application', () => {
  it('connects where the other user has the same application, and otherwise to nobody', async () => {
    await using it = await pair();
    const [application, other] = it.applications;
    expect(it.streams.map(({ id }) => id)).toEqual(['bob:1', 'alice:1']);
    expect(await application.connect('nobody.at.all')).toEqual([]);
    expect(application.streams).toEqual([it.streams[0]]);
    expect(await application.get('CONNECTABLE')).toEqual(['bob']);
    const both = await Promise.all([application.connect('bob'), application.connect('bob')]);
    expect(both.map((streams) => streams.map(({ id }) => id))).toEqual([['bob:2'], ['bob:3']]);
    await expect(application.connect('+3725555')).rejects.toMatchObject({ code: 'ERR_API', number: 547 });
    await expect(it.clients[0].application('test')).rejects.toMatchObject({ number: 541 });
    await expect(it.clients[0].application('two words')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await other.close();
    expect(await application.connect('bob')).toEqual([]);
    await expect(other.connect('alice')).rejects.toMatchObject({ code: 'ERR_API', number: 545 });
    await it.clients[1].application('test');
    expect(await application.connect('bob')).toHaveLength(1);
  });

  it('has a stream for each place of a user', async () => {
    await using it = await pair();
    await using second = await attach(new MemoryTransport(it.exchange.endpoint('bob')), {
      pingIntervalMs: 0,
    });
    await second.application('test');
    expect((await it.applications[0].connect('bob')).map(({ id }) => id)).toEqual(['bob:2', 'bob:3']);
  });

  it('is registered again when the endpoint comes back, without its streams', async () => {
    await using exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }] });
    const port = await exchange.listen({ handle: 'alice' });
    const { TcpTransport } = await import('../../../src/control/transport/tcp-transport.js');
    await using alice = await attach(new TcpTransport({ port }), { pingIntervalMs: 0 });
    await using bob = await attach(new MemoryTransport(exchange.endpoint('bob')), { pingIntervalMs: 0 });
    const [mine, his] = [await alice.application('test'), await bob.application('test')];
    const [stream] = await mine.connect('bob');
    const lost = Promise.all([once(stream ?? mine, 'closed'), once(his.streams[0] ?? his, 'closed')]);
    for (const session of exchange.endpoint('alice').sessions) session.end();
    await lost;
    await alice.attached();
    await expect(stream?.write('x')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await mine.connect('bob')).toHaveLength(1);
  });
});

describe('a stream of an application', () => {
  it('carries texts and datagrams', async () => {
    await using it = await pair();
    const [out, back] = it.streams;
    const texts = ['Hello world!', ' blanks ', 'äöü €', '"quoted"', 'x'.repeat(200_000)];
    for (const text of texts) void out.write(text);
    const datagram = once(out, 'datagram');
    await back.sendDatagram('Hello back!');
    expect(await datagram).toEqual(['Hello back!']);
    await out.drained();
    await out.close();
    const heard: string[] = [];
    for await (const text of back.messages()) heard.push(text);
    expect(heard).toEqual(texts);
    expect(back.isOpen).toBe(false);
    await expect(back.write('x')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await back.close();
  });

  it.each(['', 'a\nb', 'a\0b'])('refuses a text that the wire cannot carry: %j', async (text) => {
    await using it = await pair();
    await expect(async () => it.streams[0].write(text)).rejects.toMatchObject({
      code: text === '' ? 'ERR_INVALID_ARG' : 'ERR_LINE_BREAK',
    });
    await it.streams[0].write('after');
    expect(await it.streams[1].read()).toBe('after');
  });

  it('waits for a reader that does not read, and goes on when it does', async () => {
    await using it = await pair({ limits: { applicationBytes: 65_536 } });
    const [out, back] = it.streams;
    const text = 'x'.repeat(60_000);
    let written = 0;
    const writes = Array.from({ length: 8 }, () => out.write(text).then(() => written++));
    await expect(out.write(text, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(written).toBeLessThan(8);
    expect(out.bytesSending).toBeGreaterThan(0);
    for (let i = 0; i < 8; i++) expect(await back.read()).toBe(text);
    await Promise.all(writes);
    await out.drained();
    expect(out.bytesSending).toBe(0);
  });

  it('carries bytes both ways as a Duplex, each side with an end of its own', async () => {
    await using it = await pair();
    const [here, there] = it.streams.map((stream) => stream.duplex({ packetBytes: 1000 }));
    if (!here || !there) throw new Error('there are two');
    const bytes = randomBytes(100_000);
    const hash = createHash('sha256');
    here.end(bytes);
    for await (const chunk of there.iterator({ destroyOnReturn: false })) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    there.end('thank you');
    expect(await textOf(here)).toBe('thank you');
    await Promise.all([here, there].map((each) => each.closed || once(each, 'close')));
    expect(it.applications.map(({ streams }) => streams.length)).toEqual([0, 0]);
  });

  it('that is closed before its end, or carries no base64, fails as a Duplex', async () => {
    await using it = await pair();
    const duplex = it.streams[1].duplex();
    duplex.resume();
    const failed = once(duplex, 'error');
    await it.streams[0].close();
    expect(await failed).toMatchObject([{ code: 'ERR_CLOSED' }]);
    const [out] = await it.applications[0].connect('bob');
    const other = it.applications[1].streams[0]?.duplex();
    other?.resume();
    await out?.write('no base64!');
    if (other) expect(await once(other, 'error')).toMatchObject([{ code: 'ERR_SYNTAX' }]);
  });
});
