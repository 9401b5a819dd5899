import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock, VirtualClock } from '../../../src/base/time/clock.js';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import type { MediaEvent, MediaRole } from '../../../src/line/dialect/media-event.js';
import { connectMedia } from '../../../src/line/media/connect-media.js';
import type { MediaConnection } from '../../../src/line/media/media-connection.js';
import { MediaSession } from '../../../src/line/media/media-session.js';
import type { ListenerSpec, Listening, OnConnection } from '../../../src/line/media/open-listener.js';
import { turn, until } from '../../turns.js';
import { eventsOf, UUID } from '../dialect/sample-events.js';
import { Bytes, Listener, Texts } from '../media/line-stage.js';

/* A thread runs compiled code only: these tests are of build/. */
const built = (name: string) => new URL(`../../../build/${name}.js`, import.meta.url);
const isBuilt = existsSync(built('line/media-thread/thread-listener'));

const SPEC: ListenerSpec = {
  ...{ transport: 'tcp', port: 0, host: '127.0.0.1', tls: undefined },
  ...{ access: {}, subprotocols: [], maxConnections: 20 },
};

const closing: (() => Promise<unknown>)[] = [];
const workers: Worker[] = [];
const failures: Error[] = [];
let open: (
  isThread: boolean,
  spec: Partial<ListenerSpec>,
  connection?: OnConnection,
  clock?: Clock,
) => Promise<Listening>;

describe.skipIf(!isBuilt)('connections in a thread (needs a build)', () => {
  const started = (worker: Worker) => void workers.push(worker);

  beforeAll(async () => {
    process.on('worker', started);
    const { openListener }: typeof import('../../../src/line/media/open-listener.js') = await import(
      built('line/media/open-listener').href
    );
    const { ThreadListener }: typeof import('../../../src/line/media-thread/thread-listener.js') =
      await import(built('line/media-thread/thread-listener').href);
    open = async (isThread, given, connection = () => undefined, clock = systemClock) => {
      const spec = { ...SPEC, ...given };
      const failed = (error: Error) => void failures.push(error);
      const listening = isThread
        ? await ThreadListener.open(spec, clock, { connection, failed })
        : await openListener(spec, clock, connection);
      closing.push(() => Promise.resolve(listening[Symbol.asyncDispose]()));
      return listening;
    };
  });

  afterAll(() => void process.off('worker', started));

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    workers.length = 0;
    failures.length = 0;
  });

  it.each(['websocket', 'tcp'] as const)(
    'carry all messages of every dialect in both directions, to the sample, as without a thread (%s)',
    async (transport) => {
      const dialects = Object.values<Dialect>(DIALECTS).filter((each) => each.transport === transport);
      const subprotocols = dialects.flatMap((each) => each.subprotocols);
      let accept: OnConnection = () => undefined;
      const ports: number[] = [];
      for (const isThread of [false, true]) {
        const { port } = await open(isThread, { transport, subprotocols }, (connection, url) =>
          accept(connection, url),
        );
        ports.push(port);
      }
      for (const dialect of dialects) {
        const all = [];
        for (const port of ports)
          all.push(
            await conversation(port, dialect, (next) => {
              accept = next;
            }),
          );
        expect(JSON.stringify(all[0])).toContain('"audio"');
        expect(all[1], dialect.name).toEqual(all[0]);
      }
    },
  );

  it('are refused without credentials, and know their address', async () => {
    const urls: string[] = [];
    const { port } = await open(
      true,
      { transport: 'websocket', access: { bearer: ['a-long-token'] } },
      (_, url) => void urls.push(url.href),
    );
    const url = `ws://127.0.0.1:${port}/media/1?to=jack`;
    expect((await new Texts(url).open()).status).toBe(401);
    const allowed = new Texts(url, { headers: { authorization: 'Bearer a-long-token' } });
    await until(() => urls.length > 0);
    expect(urls).toEqual(['ws://localhost/media/1?to=jack']);
    allowed.socket.terminate();
  });

  it('need a free port and valid keys', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(open(true, { port })).rejects.toMatchObject({ code: 'ERR_PORT' });
    await new Promise((resolve) => server.close(resolve));
    const tls = { key: 'none', cert: 'none' };
    await expect(open(true, { tls })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  it('carry long messages, any Unicode text, and more than a thread transfers at once', async () => {
    const [texts, bytes]: [string[], Buffer[]] = [[], []];
    let answer: MediaConnection | undefined;
    const { port } = await open(true, { transport: 'websocket' }, (connection) => {
      answer = connection;
      connection.listen({
        message: (message) =>
          void (typeof message === 'string' ? texts.push(message) : bytes.push(Buffer.from(message))),
        closed: () => undefined,
      });
    });
    const client = await new Texts(`ws://127.0.0.1:${port}/`).open();
    const long = Buffer.alloc(3_000_000, 'jackfield');
    const words = ['', 'plain', 'Grüße, 世界 🎧', 'ÿ'.repeat(70_000)];
    for (const text of words) client.send(text);
    for (let at = 0; at < 5; at++) client.send(long);
    await until(() => bytes.length === 5);
    expect(texts).toEqual(words);
    expect(bytes.every((each) => each.equals(long))).toBe(true);
    for (const text of words) answer?.send(text);
    answer?.send(long);
    await until(() => client.bytes.length > 0);
    expect(client.texts).toEqual(words);
    expect(client.bytes[0]?.equals(long)).toBe(true);
    client.socket.terminate();
  });

  it('lose nothing while the main thread is busy', async () => {
    const received = createHash('sha256');
    let length = 0;
    const { port } = await open(true, {}, (connection) =>
      connection.listen({
        message: (message) => {
          received.update(message);
          length += message.length;
        },
        closed: () => undefined,
      }),
    );
    const all = Buffer.alloc(8 * 1024 * 1024);
    for (let at = 0; at < all.length; at += 4) all.writeUInt32LE(at, at);
    const socket = connect(port, '127.0.0.1');
    socket.write(all);
    await until(() => length === all.length);
    expect(received.digest('hex')).toBe(createHash('sha256').update(all).digest('hex'));
    socket.destroy();
  });

  it('report the age of a message, also when the main thread has been busy since', async () => {
    const ages: (number | undefined)[] = [];
    const { port } = await open(true, {}, (connection) => {
      connection.listen({ message: () => void ages.push(connection.ageMs), closed: () => undefined });
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('first');
    await until(() => ages.length === 1);
    socket.write('second');
    // timer: this thread is busy for longer than the other one needs to read the message.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await until(() => ages.length === 2);
    expect(ages[1]).toBeGreaterThan(20);
    socket.destroy();
  });

  it('whose peer does not read get a backlog, then end; others continue', async () => {
    const connections: MediaConnection[] = [];
    const ends: unknown[] = [];
    const { port } = await open(true, {}, (connection) => {
      connections.push(connection);
      connection.listen({ message: () => undefined, closed: (error) => void ends.push(error) });
    });
    const silent = connect(port, '127.0.0.1').pause();
    await until(() => connections.length === 1);
    const reading = new Bytes(port);
    await until(() => connections.length === 2);
    const [deaf, other] = connections;
    let sent = 0;
    while (ends.length === 0) {
      deaf?.send(Buffer.alloc(64 * 1024));
      sent += 64 * 1024;
      if (sent > 16 * 1024 * 1024) await turn();
    }
    expect(ends).toEqual([expect.objectContaining({ code: 'ERR_LIMIT' })]);
    other?.send(Buffer.from('still here'));
    await reading.has(10);
    await until(() => other?.bufferedBytes === 0);
    silent.destroy();
    reading.end();
  });

  it('send everything that is queued before they are closed', async () => {
    const { port } = await open(true, {}, (connection) => {
      connection.listen({ message: () => undefined, closed: () => undefined });
      connection.send(Buffer.from('first'));
      connection.send(Buffer.from(' and last'));
      connection.close();
    });
    const client = new Bytes(port);
    await until(() => client.closed);
    expect(client.received.toString()).toBe('first and last');
  });

  it('end with a thread that dies; another thread listens in its place, and connections of others continue', async () => {
    const ends: (Error | undefined)[][] = [[], []];
    const count = [0, 0];
    const accept = (at: number) => (connection: MediaConnection) => {
      count[at] = (count[at] ?? 0) + 1;
      const told = ends[at];
      connection.listen({
        message: (message) => connection.send(Buffer.from(message)),
        closed: (error) => void told?.push(error),
      });
    };
    const [dying, other] = [await open(true, {}, accept(0)), await open(true, {}, accept(1))];
    const { port } = dying;
    const [first, second, far] = [new Bytes(port), new Bytes(port), new Bytes(other.port)];
    await until(() => count[0] === 2 && count[1] === 1);
    await workers[0]?.terminate();
    await until(() => first.closed && second.closed && failures.length > 0);
    const isLost = { code: 'ERR_CLOSED', message: expect.stringContaining('A thread that holds') as string };
    expect(ends).toMatchObject([[isLost, isLost], []]);
    expect(failures).toMatchObject([isLost]);
    far.write(Buffer.from('on'));
    await far.has(2);
    await until(() => workers.length === 3);
    let next = new Bytes(port);
    await until(async () => {
      if (next.closed) next = new Bytes(port);
      return count[0] === 3;
    });
    next.write(Buffer.from('again'));
    await next.has(5);
    expect(dying.port).toBe(port);
    for (const each of [far, next]) each.end();
  });

  it('are accepted again once the port is free, when no thread could listen in place of one that died', async () => {
    const clock = new VirtualClock();
    let count = 0;
    const { port } = await open(true, {}, () => void count++, clock);
    const taker = createServer();
    process.once('worker', () => void taker.listen(port, '127.0.0.1'));
    await workers[0]?.terminate();
    await until(() => failures.length === 2);
    // The second attempt fails too, and is not told.
    await until(async () => {
      await clock.advance(1000);
      return workers.length === 4;
    });
    expect(failures).toHaveLength(2);
    await new Promise((resolve) => taker.close(resolve));
    await until(async () => {
      await clock.advance(1000);
      return failures.length === 3;
    });
    expect(failures).toMatchObject([
      { code: 'ERR_CLOSED' },
      { code: 'ERR_PORT', message: expect.stringContaining('EADDRINUSE') },
      {
        code: 'ERR_PORT',
        message: expect.stringMatching(/^Port \d+ listens again, after \d attempts that failed\.$/),
      },
    ]);
    const client = new Bytes(port);
    await until(() => count === 1);
    client.end();
  });

  it('are calls of a line as without a thread', async () => {
    const { Exchange }: typeof import('../../../src/exchange.js') = await import(built('exchange').href);
    const { audioSocketLine }: typeof import('../../../src/line.js') = await import(built('line').href);
    const exchange = await Exchange.start();
    closing.push(() => exchange.close());
    const listener = new Listener();
    exchange.addRobot(listener);
    const line = audioSocketLine({ target: 'listener', listen: { thread: true } });
    await exchange.addLine(line);
    const asterisk = new Bytes(line.port);
    asterisk.write([1, 0, 16, ...Buffer.alloc(16, 7)]);
    await until(() => listener.calls[0]?.conversation !== undefined);
    const frame = Buffer.alloc(323, 0x20);
    frame.set([0x10, 1, 64]);
    asterisk.write(frame);
    asterisk.write([3, 0, 1, 0x35]);
    const [call] = listener.calls;
    await until(() => call?.digits.length === 1 && call.heard.some((sample) => sample > 8000));
    await asterisk.has(323);
    expect([...asterisk.received.subarray(0, 3)]).toEqual([0x10, 1, 64]);
    call?.conversation?.end({ kind: 'hung-up' });
    await until(() => asterisk.closed && line.activeCalls === 0);
    expect([...asterisk.received.subarray(-3)]).toEqual([0, 0, 0]);
  });
});

const audioIn = (events: readonly unknown[]) => JSON.stringify(events).split('"audio"').length;

/** Has both sides of a session say all that they can; returns what each has understood. */
async function conversation(port: number, dialect: Dialect, accept: (next: OnConnection) => void) {
  const heard: Record<MediaRole, unknown[]> = { provider: [], application: [] };
  const listenerOf = (role: MediaRole) => ({
    started: ({ id, parameters }: { id: string; parameters: object }) =>
      void heard[role].push({ type: 'start', id, parameters }),
    event: (event: MediaEvent) =>
      void heard[role].push('samples' in event ? { ...event, samples: [...event.samples] } : event),
    ended: ({ kind, error }: { kind: string; error?: Error }) =>
      void heard[role].push({ type: 'over', kind, error: error?.message }),
  });
  const given = { dialect, clock: systemClock };
  let application: MediaSession | undefined;
  accept((connection) => {
    const listener = listenerOf('application');
    application = new MediaSession({ ...given, connection, role: 'application', listener });
    application.open();
  });
  const url = `${dialect.transport === 'tcp' ? 'tcp' : 'ws'}://127.0.0.1:${port}`;
  const connection = await connectMedia(url, dialect, { clock: systemClock });
  const { parameters } = eventsOf(dialect.format).start as { parameters: Record<string, string> };
  const start = { id: UUID, from: '+15550100', to: '+15550199', parameters };
  const listener = listenerOf('provider');
  const provider = new MediaSession({ ...given, connection, role: 'provider', listener, start });
  provider.open();
  await until(() => application?.isOpen === true);
  const say = async (session: MediaSession | undefined, role: MediaRole) => {
    const other = heard[role === 'provider' ? 'application' : 'provider'];
    const events = eventsOf(dialect.format);
    const said = dialect.says[role];
    for (const type of said)
      if (type !== 'start' && type !== 'end' && type !== 'audio' && type !== 'other')
        session?.send(events[type]);
    if (!said.includes('audio')) return;
    // Messages stay in order: where this has come, all before it has.
    const heardBefore = audioIn(other);
    session?.send(events.audio);
    await until(() => audioIn(other) > heardBefore);
  };
  await say(application, 'application');
  await say(provider, 'provider');
  // What the application answers by itself has come before this.
  await say(application, 'application');
  provider.end();
  await until(() =>
    [heard.provider, heard.application].every((each) => JSON.stringify(each).includes('"over"')),
  );
  return heard;
}
