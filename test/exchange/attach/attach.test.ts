import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from 'dbus-native';
import { describe, expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client as AttachedClient } from '../../../src/control/client/client.js';
import { DbusTransport } from '../../../src/control/transport/dbus-transport.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import type { Transport } from '../../../src/control/transport/transport.js';
import { X11Transport } from '../../../src/control/transport/x11-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { hasDbusDaemon, hasXvfb, startBus, startDisplay } from '../../control/private-servers.js';
import { turn, until } from '../../turns.js';
import { Client, folder, settle, world } from '../world.js';

const USERS = [{ handle: 'alice' }, { handle: 'bob' }];

async function callOver(exchange: Exchange, transport: Transport): Promise<void> {
  await using alice = await attach(transport, { name: 'test' });
  expect(alice.protocol).toBe(8);
  await callThrough(exchange, alice);
}

/** Alice's client calls Bob, who is attached in memory; both see the call live and end. */
async function callThrough(exchange: Exchange, alice: AttachedClient): Promise<void> {
  const bob = new Client(exchange, 'bob');
  const call = await alice.call('bob');
  await call.reached('RINGING');
  bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
  await call.reached('INPROGRESS');
  await call.hangUp();
  expect(await call.ended()).toBe('FINISHED');
  expect(bob.told(`CALL ${bob.newest('CALL')} STATUS`)).toEqual(['RINGING', 'INPROGRESS', 'FINISHED']);
}

describe('an endpoint is served', () => {
  it('over TCP, with a token where one is asked for', async () => {
    await using exchange = await Exchange.start({ users: USERS });
    await callOver(exchange, new TcpTransport({ port: await exchange.listen() }));
    const token = 'a-token-of-many-characters';
    const port = await exchange.listen({ token });
    const intruder = connect({ host: '127.0.0.1', port });
    intruder.write('AUTH another-token-of-characters\nNAME x\n');
    intruder.resume();
    await once(intruder, 'close');
    const silent = connect({ host: '127.0.0.1', port });
    silent.write(`AUTH ${token}\nPING\n`);
    let got = '';
    while (!got.includes('PONG')) got += String((await once(silent, 'data'))[0]);
    expect(got).toBe('OK\nPONG\n');
    silent.destroy();
  });

  it.skipIf(!hasDbusDaemon)('over D-Bus (skipped without dbus-daemon)', async () => {
    await using bus = await startBus();
    await using exchange = await Exchange.start({ users: USERS });
    await exchange.listenOnDbus({ address: bus.address });
    await callOver(exchange, new DbusTransport({ address: bus.address }));
    await expect(exchange.listenOnDbus({ address: bus.address })).rejects.toMatchObject({ code: 'ERR_PORT' });
  });

  it.skipIf(!hasDbusDaemon)(
    'over D-Bus to clients that name no interface and have no Notify; it answers Introspect (skipped without dbus-daemon)',
    async () => {
      await using address = await startBus();
      await using exchange = await Exchange.start({ users: USERS });
      await exchange.listenOnDbus({ address: address.address });
      const bus = createClient({ busAddress: address.address });
      const call = { destination: 'com.Skype.API', path: '/com/Skype', signature: 's' };
      const invoke = (body: string) => bus.invoke({ ...call, member: 'Invoke', body: [body] });
      expect(await invoke('NAME bare')).toBe('OK');
      expect(await invoke('PROTOCOL 999')).toBe('PROTOCOL 8');
      expect(await invoke('#7 GET CURRENTUSERHANDLE')).toBe('#7 CURRENTUSERHANDLE alice');
      const xml = await bus.invoke({
        destination: 'com.Skype.API',
        path: '/com/Skype',
        interface: 'org.freedesktop.DBus.Introspectable',
        member: 'Introspect',
      });
      expect(String(xml)).toContain('<method name="Invoke">');
      expect(exchange.endpoint('alice').sessions).toHaveLength(1);
      await bus.close();
      await until(() => exchange.endpoint('alice').sessions.length === 0);
    },
  );

  it.skipIf(!hasXvfb)('over X11 (skipped without Xvfb)', async () => {
    await using display = await startDisplay();
    await using exchange = await Exchange.start({ users: USERS });
    await exchange.listenOnX11({ display: display.address });
    await callOver(exchange, new X11Transport({ display: display.address }));
    await until(() => exchange.endpoint('alice').sessions.length === 0);
  });

  it.skipIf(!hasDbusDaemon || !hasXvfb)(
    'over memory, TCP, D-Bus and X11 at once (skipped without dbus-daemon or Xvfb)',
    async () => {
      await using bus = await startBus();
      await using display = await startDisplay();
      await using exchange = await Exchange.start({ users: USERS });
      const port = await exchange.listen();
      await exchange.listenOnDbus({ address: bus.address });
      await exchange.listenOnX11({ display: display.address });
      const transports = [
        new MemoryTransport(exchange.endpoint()),
        new TcpTransport({ port }),
        new DbusTransport({ address: bus.address }),
        new X11Transport({ display: display.address }),
      ];
      const clients = await Promise.all(transports.map((transport) => attach(transport)));
      for (const alice of clients) await callThrough(exchange, alice);
      await Promise.all(clients.map((each) => each.close()));
    },
  );

  it.skipIf(!hasDbusDaemon || !hasXvfb)(
    'over D-Bus and X11 while lines can be sent: else the client is dropped and reported (skipped without them)',
    async () => {
      await using bus = await startBus();
      await using display = await startDisplay();
      await using exchange = await Exchange.start({ users: USERS, limits: { unsentBytes: 65_536 } });
      const failures: [unknown, string][] = [];
      exchange.on('failure', (...failure) => failures.push(failure));
      await exchange.listenOnDbus({ address: bus.address });
      await exchange.listenOnX11({ display: display.address });
      const clients = await Promise.all(
        [new DbusTransport({ address: bus.address }), new X11Transport({ display: display.address })].map(
          (each) => attach(each, { reattach: false }),
        ),
      );
      const { user } = exchange.endpoint();
      // More in one turn than any socket takes.
      for (let sent = 0; sent < 100 && exchange.endpoint().sessions.length > 0; sent++)
        user.notify({ kind: 'parameter', parameter: 'AUDIO_IN', value: 'x'.repeat(100_000) });
      await until(() => exchange.endpoint().sessions.length === 0);
      expect(failures.toSorted(([, a], [, b]) => (a < b ? -1 : 1))).toEqual([
        [expect.objectContaining({ code: 'ERR_LIMIT' }), 'D-Bus'],
        [expect.objectContaining({ code: 'ERR_LIMIT' }), 'X11'],
      ]);
      await Promise.all(clients.map((each) => each.close()));
    },
  );

  it.skipIf(!hasDbusDaemon || !hasXvfb)(
    'no longer on a bus or display that has gone, which is reported; calls go on (skipped without them)',
    async () => {
      const bus = await startBus();
      const display = await startDisplay();
      await using exchange = await Exchange.start({ users: USERS });
      const failures: unknown[] = [];
      exchange.on('failure', (error) => failures.push(error));
      await exchange.listenOnDbus({ address: bus.address });
      await exchange.listenOnX11({ display: display.address });
      const [overDbus, overX11] = await Promise.all([
        attach(new DbusTransport({ address: bus.address }), { reattach: false }),
        attach(new X11Transport({ display: display.address }), { reattach: false }),
      ]);
      const local = new Client(exchange, 'alice');
      local.send('CALL bob');
      expect(exchange.endpoint().sessions).toHaveLength(3);
      await Promise.all([bus[Symbol.asyncDispose](), display[Symbol.asyncDispose]()]);
      await until(() => failures.length === 2);
      expect(failures.map(String).sort()).toEqual([
        expect.stringMatching(/The connection to the X server was lost/),
        expect.stringMatching(/The connection to the bus was lost/),
      ]);
      expect(exchange.endpoint().sessions).toHaveLength(1);
      expect(local.send('SEARCH ACTIVECALLS')).toEqual([`CALLS ${local.newest('CALL')}`]);
      await Promise.all([overDbus.close(), overX11.close()]);
    },
  );

  it.skipIf(!hasXvfb)('not on a display that has another Skype (skipped without Xvfb)', async () => {
    await using display = await startDisplay();
    await using first = await Exchange.start({ users: USERS });
    await using second = await Exchange.start({ users: USERS });
    await first.listenOnX11({ display: display.address });
    await expect(second.listenOnX11({ display: display.address })).rejects.toMatchObject({
      code: 'ERR_PORT',
      message: expect.stringMatching(/another program/),
    });
    await first.close();
    await second.listenOnX11({ display: display.address });
  });

  it('not on a bus, port or display that is not available: it fails with ERR_PORT', async () => {
    await using exchange = await Exchange.start({ users: USERS });
    await expect(exchange.listenOnDbus({ address: 'unix:path=/no/bus' })).rejects.toMatchObject({
      code: 'ERR_PORT',
    });
    const port = await exchange.listen();
    await expect(exchange.listen({ port })).rejects.toMatchObject({ code: 'ERR_PORT' });
    await expect(exchange.listenOnX11({ display: ':987' })).rejects.toMatchObject({ code: 'ERR_PORT' });
  });
});

describe('a session', () => {
  it('begins with NAME and PROTOCOL, and sends the notifications that clients expect', async () => {
    await using w = await world();
    const client = w.client('alice', { attach: false });
    expect(client.send('#0 NAME x')).toEqual(['#0 OK']);
    expect(client.send('PROTOCOL 9999')).toEqual([
      'PROTOCOL 8',
      'CONNSTATUS ONLINE',
      'CURRENTUSERHANDLE alice',
      'USERSTATUS ONLINE',
    ]);
    expect(client.send('PROTOCOL 0')).toEqual(['ERROR 27 Invalid version number']);
  });

  it.each([
    'SET AUTOAWAY OFF',
    'SET WINDOWSTATE HIDDEN',
    'SET USERSTATUS ONLINE',
    'SET SILENT_MODE ON',
    'MINIMIZE',
    'FOCUS',
    'GET PROFILE FULLNAME',
    'GET CURRENTUSERHANDLE',
    'GET SKYPEVERSION',
    'CREATE APPLICATION toru',
    'GET AUTH_CONTACTS_PROFILES',
    'GET USERSTATUS ',
    'CLEAR CALLHISTORY ALL',
    'SEARCH ACTIVECALLS',
    'SEARCH FRIENDS',
    'SEARCH CHATS',
    'GET PRIVILEGE VOICEMAIL',
    'GET MUTE',
    'PING',
  ])('answers the lines of real clients that attach: %s', async (command) => {
    await using w = await world();
    const [reply = 'nothing'] = w.client().send(command);
    expect(reply).not.toMatch(/^ERROR|nothing/);
  });

  it('gives each client its own protocol version, and all the same notifications', async () => {
    await using w = await world();
    const [one, eight] = [w.client('alice', { protocol: 1 }), w.client('alice')];
    eight.send('CALL bob');
    await w.clock.advance(0);
    expect(one.told('CALL 1 STATUS')).toEqual(['ROUTING', 'ROUTING']);
    expect(eight.told('CALL 1 STATUS')).toEqual(['UNPLACED', 'UNPLACED', 'ROUTING']);
  });

  it('is refused with exactly ERROR 68 when nobody may attach, and gets no notifications', async () => {
    await using w = await world({ attach: 'deny' });
    const client = w.client('alice', { attach: false });
    expect(client.send('NAME x')).toEqual(['ERROR 68']);
    expect(client.send('PING')).toEqual(['ERROR 68']);
    w.exchange.endpoint('alice').user.notify({ kind: 'call-history-changed' });
    expect(client.lines).toHaveLength(2);
  });

  it('asks once for each name, and remembers the answer over a restart', async () => {
    const stateFolder = folder();
    const asked: string[] = [];
    const policy = async ({ name }: { name: string }) => {
      asked.push(name);
      return name !== 'bad';
    };
    for (const run of [1, 2]) {
      await using w = await world({ attach: policy, stateFolder });
      for (const name of ['good', 'bad']) {
        const client = w.client('alice', { attach: false });
        client.send(`NAME ${name}`);
        await turn();
        expect(client.lines, `run ${run}`).toEqual([name === 'good' ? 'OK' : 'ERROR 68']);
      }
    }
    expect(asked).toEqual(['good', 'bad']);
  });

  it('asks once when two clients of one name attach at once, and again after a refusal for now', async () => {
    let asked = 0;
    let decide: (allowed: boolean | undefined) => void = () => {};
    const policy = () => {
      asked++;
      return new Promise<boolean | undefined>((resolve) => {
        decide = resolve;
      });
    };
    await using w = await world({ attach: policy });
    const clients = [1, 2].map(() => w.client('alice', { attach: false }));
    for (const [answer, heard] of [
      [undefined, 'ERROR 68'],
      [true, 'OK'],
    ] as const) {
      for (const client of clients) client.send('NAME twin');
      decide(answer);
      await turn();
      for (const client of clients) expect(client.lines.at(-1)).toBe(heard);
    }
    expect(asked).toBe(2);
  });

  it('on TCP waits minReplyLatencyMs before each answer when that is set', async () => {
    await using w = await world();
    const port = await w.exchange.listen({ minReplyLatencyMs: 20 });
    const socket = connect({ host: '127.0.0.1', port });
    const began = w.clock.now();
    socket.write('PING\n');
    let got = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text;
    });
    while (got === '') {
      await settle();
      await w.clock.advance(1);
    }
    expect(got).toBe('PONG\n');
    expect(w.clock.now() - began).toBeGreaterThanOrEqual(20);
    socket.destroy();
  });

  it('refuses an invalid minReplyLatencyMs', async () => {
    await using w = await world();
    for (const minReplyLatencyMs of [-1, 1001, Number.NaN]) {
      await expect(w.exchange.listen({ minReplyLatencyMs })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG',
      });
      const client = { deliver: () => undefined, closed: () => undefined };
      expect(() => w.exchange.endpoint().connect(client, { minReplyLatencyMs })).toThrow(/minReplyLatencyMs/);
    }
    await expect(world({ attach: 'maybe' as 'deny' })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  it('delays its answers where a client would lose the race; lines keep their order', async () => {
    await using w = await world();
    const lines: string[] = [];
    const session = w.exchange
      .endpoint('alice')
      .connect({ deliver: (line) => lines.push(line), closed: () => undefined }, { minReplyLatencyMs: 5 });
    session.receive('PROTOCOL 8');
    session.receive('PING');
    await w.clock.advance(4);
    expect(lines).toEqual([]);
    await w.clock.advance(1);
    expect(lines).toEqual([
      'PROTOCOL 8',
      'CONNSTATUS ONLINE',
      'CURRENTUSERHANDLE alice',
      'USERSTATUS ONLINE',
      'PONG',
    ]);
  });
});
