import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createClient } from 'dbus-native';
import { describe, expect, it } from 'vitest';
import { Fence } from '../../src/base/listener/fence.js';
import { VirtualClock } from '../../src/base/time/clock.js';
import { X11Transport } from '../../src/control/transport/x11-transport.js';
import { TokenCheck } from '../../src/exchange/attach/token-check.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { LIMITS, resolveLimits } from '../../src/exchange/limits.js';
import { hasDbusDaemon, hasXvfb, startBus, startDisplay } from '../control/private-servers.js';
import { settle, world } from './world.js';

const TOKEN = 'a-token-of-many-characters';

function opened(port: number, text = ''): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  if (text !== '') socket.write(text);
  return socket;
}

/** What a connection gets until it is closed. */
async function heard(socket: Socket): Promise<string> {
  let got = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    got += text;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return got;
}

describe('limits', () => {
  it.each(Object.entries(LIMITS))(
    '%s has a default within its range, and is refused outside it',
    (name, limit) => {
      expect(resolveLimits()).toMatchObject({ [name]: limit.default });
      expect(resolveLimits({ [name]: limit.min })).toMatchObject({ [name]: limit.min });
      for (const value of [limit.min - 1, limit.max + 1, Number.NaN, 1.5, '7']) {
        expect(() => resolveLimits({ [name]: value })).toThrow(`limits.${name} must be`);
      }
    },
  );

  it('that do not exist are refused', () => {
    expect(() => resolveLimits({ constructor: 5 } as never)).toThrow(
      /limits.constructor must be left out: the only options are clients/,
    );
  });

  it('clients: one more gets an error with advice, and the others stay', async () => {
    await using exchange = await Exchange.start({ limits: { clients: 2 } });
    const port = await exchange.listen();
    const sockets = [opened(port, 'PING\n'), opened(port, 'PING\n')];
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    expect(await heard(opened(port, 'PING\n'))).toMatch(/^ERROR 97 .*raise limits\.clients/);
    const [first] = sockets;
    first?.write('PING\n');
    expect(String(first && (await once(first, 'data'))[0])).toBe('PONG\n');
    for (const socket of sockets) socket.destroy();
  });

  it.skipIf(!hasDbusDaemon)('clients, on D-Bus (skipped without dbus-daemon)', async () => {
    await using bus = await startBus();
    await using exchange = await Exchange.start({ limits: { clients: 1, lineBytes: 1024 } });
    await exchange.listenOnDbus({ address: bus.address });
    const clients = [1, 2].map(() => createClient({ busAddress: bus.address }));
    const say = (client: (typeof clients)[number] | undefined, command: string) =>
      client?.invoke({
        destination: 'com.Skype.API',
        path: '/com/Skype',
        signature: 's',
        member: 'Invoke',
        body: [command],
      });
    expect(await say(clients[0], 'PING')).toBe('PONG');
    expect(await say(clients[1], 'PING')).toMatch(/^ERROR 97 .*limits\.clients/);
    expect(await say(clients[0], `SET PROFILE ABOUT ${'x'.repeat(2000)}`)).toMatch(/^ERROR 1 .*1024 bytes/);
    await Promise.all(clients.map((client) => client.close()));
  });

  it.skipIf(!hasXvfb)('clients and lineBytes, on X11 (skipped without Xvfb)', async () => {
    await using server = await startDisplay();
    await using exchange = await Exchange.start({ limits: { clients: 2, lineBytes: 1024 } });
    await exchange.listenOnX11({ display: server.address });
    const transport = new X11Transport({ display: server.address });
    const lines: string[][] = [[], [], []];
    const links = [];
    for (const heard of lines) {
      links.push(await transport.open({ line: (line) => void heard.push(line), closed: () => undefined }));
      await links.at(-1)?.send('PING');
      await expect.poll(() => heard).toHaveLength(1);
    }
    expect(lines.slice(0, 2)).toEqual([['PONG'], ['PONG']]);
    expect(lines[2]?.[0]).toMatch(/^ERROR 97 .*limits\.clients/);
    // One without an end is thrown away as far as it came; the client goes on, and the other one too.
    await links[0]?.send(`SET PROFILE ABOUT ${'x'.repeat(5000)}`);
    for (const n of [0, 1]) {
      await links[n]?.send('PING');
      await expect.poll(() => lines[n]).toHaveLength(2);
    }
    expect(lines[0]).toEqual(['PONG', 'PONG']);
    await Promise.all(links.map((link) => link.close()));
    await expect.poll(() => exchange.endpoint().sessions).toHaveLength(0);
  });

  it('clientsWithoutToken and bytesBeforeToken: nothing is kept for clients without the token', async () => {
    await using exchange = await Exchange.start({
      limits: { clientsWithoutToken: 2, bytesBeforeToken: 600 },
    });
    const port = await exchange.listen({ token: TOKEN });
    const silent = [opened(port), opened(port)];
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    silent.push(opened(port));
    expect(await heard(silent[0] as Socket)).toBe('');
    silent[1]?.write('x'.repeat(601));
    expect(await heard(silent[1] as Socket)).toBe('');
    expect(exchange.endpoint().sessions).toHaveLength(0);
    const client = opened(port, `AUTH ${TOKEN}\nPING\n`);
    let got = '';
    while (!got.includes('PONG')) got += String((await once(client, 'data'))[0]);
    expect(got).toBe('OK\nPONG\n');
    for (const socket of [...silent, client]) socket.destroy();
  });

  it('clientsWithoutToken: a client with the token gets in among any number of others', async () => {
    await using exchange = await Exchange.start({ limits: { clientsWithoutToken: 4, wrongTokens: 1000 } });
    const port = await exchange.listen({ token: TOKEN });
    const flood = () =>
      Array.from({ length: 60 }, (_, n) => opened(port, n % 2 ? '' : `AUTH ${n}-${TOKEN}\n`));
    const others = flood();
    const client = opened(port, `AUTH ${TOKEN}\nPING\n`);
    others.push(...flood());
    for (const socket of others) socket.on('error', () => undefined);
    const more = once(others[0] as Socket, 'close').then(() => others.push(...flood()));
    let got = '';
    while (!got.includes('PONG')) got += String((await once(client, 'data'))[0]);
    expect(got).toBe('OK\nPONG\n');
    await more;
    for (const socket of [...others, client]) socket.on('error', () => undefined).destroy();
  });

  it('authenticateMs: a connection that sends no token is closed', async () => {
    await using exchange = await Exchange.start({ limits: { authenticateMs: 100 } });
    expect(await heard(opened(await exchange.listen({ token: TOKEN })))).toBe('');
  });

  it('wrongTokens: further tokens are checked later and later, the right one too', async () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const fence = new Fence((error) => told.push(error));
    const limits = resolveLimits({ wrongTokens: 3 });
    const check = new TokenCheck(TOKEN, { limits, clock, fence, full: () => false });
    const decided: [string, boolean, number][] = [];
    const look = (name: string, token: string) =>
      check.look(Buffer.from(`AUTH ${token}`), (knows) => decided.push([name, knows, clock.now()]));
    for (const name of ['1', '2', '3', '4', '5']) look(name, `${name}-${TOKEN}`);
    look('right', TOKEN);
    await clock.advance(60_000);
    expect(decided).toEqual([
      ['1', false, 0],
      ['2', false, 0],
      ['3', false, 0],
      ['4', false, 100],
      ['5', false, 200],
      ['right', true, 400],
    ]);
    expect(told).toMatchObject([{ code: 'ERR_LIMIT' }]);
    look('afterwards', 'x');
    expect(decided.at(-1)).toEqual(['afterwards', false, 60_000]);
  });

  it('lineBytes: a line without an end is refused, and its connection closed', async () => {
    await using exchange = await Exchange.start({ limits: { lineBytes: 1024 } });
    const port = await exchange.listen();
    expect(await heard(opened(port, 'x'.repeat(2000)))).toMatch(/^ERROR 1 .*1024 bytes/);
    expect(exchange.endpoint().sessions).toHaveLength(0);
  });

  it('unsentBytes: a client that does not read is dropped, which is reported', async () => {
    await using exchange = await Exchange.start({ limits: { unsentBytes: 65_536 } });
    const failures: [unknown, string][] = [];
    exchange.on('failure', (...failure) => failures.push(failure));
    const deaf = opened(await exchange.listen(), 'PROTOCOL 8\n');
    while (exchange.endpoint().sessions.length === 0) await settle();
    const { user } = exchange.endpoint();
    for (let sent = 0; sent < 200 && failures.length === 0; sent++) {
      user.notify({ kind: 'parameter', parameter: 'AUDIO_IN', value: 'x'.repeat(100_000) });
      await settle();
    }
    expect(failures).toEqual([[expect.objectContaining({ code: 'ERR_LIMIT' }), 'TCP']]);
    while (exchange.endpoint().sessions.length > 0) await settle();
    deaf.destroy();
  });

  it('commandsWaiting: one more command is refused, the others are answered', async () => {
    let decide: (allowed: boolean) => void = () => {};
    const decision = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    await using w = await world({ limits: { commandsWaiting: 2 }, attach: () => decision });
    const client = w.client('alice', { attach: false });
    for (const id of [1, 2, 3]) client.send(`#${id} NAME x`);
    expect(client.lines).toEqual([expect.stringMatching(/^ERROR 97 .*limits\.commandsWaiting/)]);
    decide(true);
    await settle();
    expect(client.lines.slice(1)).toEqual(['#1 OK', '#2 OK']);
    expect(client.send('PING')).toEqual(['PONG']);
  });

  it('namesAsked: a user is asked about that many names at once; one more is refused, and may try again', async () => {
    const asked: { readonly name: string; readonly decide: (allowed: boolean) => void }[] = [];
    const attach = ({ name }: { readonly name: string }) =>
      new Promise<boolean>((decide) => asked.push({ name, decide }));
    await using w = await world({ limits: { namesAsked: 2 }, attach });
    const [flood, other] = [w.client('alice', { attach: false }), w.client('alice', { attach: false })];
    for (let n = 0; n < 50; n++) flood.send(`#${n} NAME flood ${n}`);
    expect(asked.map(({ name }) => name)).toEqual(['flood 0', 'flood 1']);
    expect(flood.lines).toHaveLength(48);
    expect(flood.lines[0]).toMatch(/^#2 ERROR 68 .*limits\.namesAsked/);
    expect(w.client('bob', { attach: false }).send('NAME x')).toEqual([]);
    asked[0]?.decide(false);
    await settle();
    expect(other.send('NAME other')).toEqual([]);
    asked.at(-1)?.decide(true);
    await settle();
    expect(other.lines).toEqual(['OK']);
  });

  it('namesKept: decisions beyond the limit are not remembered', async () => {
    const asked: string[] = [];
    const attach = ({ name }: { readonly name: string }) => asked.push(name) > 0;
    await using w = await world({ limits: { namesKept: 2 }, attach });
    for (let round = 0; round < 2; round++) {
      for (const name of ['a', 'b', 'c']) w.client('alice', { attach: false }).send(`NAME ${name}`);
    }
    expect(asked).toEqual(['a', 'b', 'c', 'c']);
  });

  it('callsPerUser: a further call is refused, and callers of that user get BUSY', async () => {
    await using w = await world({ limits: { callsPerUser: 2 } });
    const [alice, bob] = [w.client(), w.client('bob')];
    for (const command of ['CALL echo123', 'CALL echo123']) alice.send(command);
    for (const command of ['CALL echo123', 'CALL carol, bob', 'CALLVOICEMAIL bob', 'VOICEMAIL bob']) {
      expect(alice.send(command)).toEqual([expect.stringMatching(/^ERROR 96 .*limits\.callsPerUser/)]);
    }
    bob.send('CALL alice');
    await w.clock.advance(2000);
    expect(bob.told('CALL 3 STATUS').at(-1)).toBe('BUSY');
    alice.send('ALTER CALL 1 HANGUP');
    await w.clock.advance(1000);
    expect(alice.send('CALL echo123')).toEqual([expect.stringMatching(/^CALL \d+ STATUS/)]);
  });
});
