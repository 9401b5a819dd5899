import { once } from 'node:events';
import { afterAll, afterEach, beforeEach, describe, expect, test as plainTest } from 'vitest';
import { attach } from '../../src/control/attach.js';
import type { Call } from '../../src/control/call/call.js';
import type { Client } from '../../src/control/client/client.js';
import { DbusTransport } from '../../src/control/transport/dbus-transport.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { TcpTransport } from '../../src/control/transport/tcp-transport.js';
import type { Transport } from '../../src/control/transport/transport.js';
import { X11Transport } from '../../src/control/transport/x11-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { hasDbusDaemon, hasXvfb, type PrivateServer, startBus, startDisplay } from './private-servers.js';

interface Way {
  readonly name: string;
  readonly possible: boolean;
  /** Serves jack's endpoint, and says how to get there. */
  serve(exchange: Exchange): Promise<Transport>;
}

/** A server of the desktop for this file, started when it is first needed. */
const servers: { bus?: Promise<PrivateServer>; display?: Promise<PrivateServer> } = {};
afterAll(async () => {
  for (const server of Object.values(servers)) await (await server)[Symbol.asyncDispose]();
});

const WAYS: readonly Way[] = [
  {
    name: 'memory',
    possible: true,
    serve: async (exchange) => new MemoryTransport(exchange.endpoint('jack')),
  },
  {
    name: 'TCP',
    possible: true,
    serve: async (exchange) => new TcpTransport({ port: await exchange.listen({ handle: 'jack' }) }),
  },
  {
    name: 'TCP with a token',
    possible: true,
    async serve(exchange) {
      const token = 'a-secret-of-16-or-more';
      return new TcpTransport({ port: await exchange.listen({ handle: 'jack', token }), token });
    },
  },
  {
    name: 'D-Bus (needs dbus-daemon)',
    possible: hasDbusDaemon,
    async serve(exchange) {
      servers.bus ??= startBus();
      const { address } = await servers.bus;
      await exchange.listenOnDbus({ handle: 'jack', address });
      return new DbusTransport({ address });
    },
  },
  {
    name: 'X11 (needs Xvfb)',
    possible: hasXvfb,
    async serve(exchange) {
      servers.display ??= startDisplay();
      const { address: display } = await servers.display;
      await exchange.listenOnX11({ handle: 'jack', display });
      return new X11Transport({ display });
    },
  },
];

describe.each(WAYS)('on the exchange, by $name', ({ possible, serve }) => {
  const test = possible ? plainTest : plainTest.skip;
  let exchange: Exchange;
  let jack: Client;
  let jill: Client;

  beforeEach(async () => {
    exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'jill', fullName: 'Jill' }] });
    if (!possible) return;
    jack = await attach(await serve(exchange));
    jill = await attach(new TcpTransport({ port: await exchange.listen({ handle: 'jill' }) }));
  });
  afterEach(async () => {
    await Promise.all([jack?.close(), jill?.close()]);
    await exchange.close();
  });

  /** Jack calls Jill; the call as each of them sees it. */
  async function ringing(): Promise<[Call, Call]> {
    const incoming = new Promise<Call>((resolve) => jill.once('call', resolve));
    const outgoing = await jack.call('jill');
    const theirs = await incoming;
    await theirs.reached('RINGING');
    return [outgoing, theirs];
  }

  test('a call is placed, answered, held, resumed and hung up', async () => {
    const [outgoing, incoming] = await ringing();
    expect(await incoming.get('TYPE')).toBe('INCOMING_P2P');
    expect(await incoming.get('PARTNER_HANDLE')).toBe('jack');
    await incoming.answer();
    await Promise.all([outgoing.reached('INPROGRESS'), incoming.reached('INPROGRESS')]);
    await outgoing.hold();
    expect(await outgoing.reached('LOCALHOLD')).toMatchObject({ by: 'local' });
    expect(await incoming.reached('REMOTEHOLD')).toMatchObject({ by: 'remote' });
    await outgoing.resume();
    await incoming.reached('INPROGRESS');
    await incoming.hangUp();
    expect(await Promise.all([outgoing.ended(), incoming.ended()])).toEqual(['FINISHED', 'FINISHED']);
    expect([...jack.calls]).toEqual([]);
  });

  test('a call is refused', async () => {
    const [outgoing, incoming] = await ringing();
    const waiting = expect(outgoing.reached('INPROGRESS')).rejects.toMatchObject({ code: 'ERR_CALL_ENDED' });
    await incoming.refuse();
    await waiting;
    expect(await incoming.ended()).toBe('REFUSED');
  });

  test('a digit that one side sends is notified to the other', async () => {
    const [outgoing, incoming] = await ringing();
    await incoming.answer();
    await outgoing.reached('INPROGRESS');
    const digits = new Promise<string>((resolve) => {
      let heard = '';
      incoming.on('dtmf', (digit) => {
        heard += digit;
        if (heard.length === 3) resolve(heard);
      });
    });
    await outgoing.sendDtmf('1*#');
    expect(await digits).toBe('1*#');
  });

  test('a message of several lines arrives unchanged in both directions, up to the longest command', async () => {
    const text = 'One\r\ntwo\n\nCHATMESSAGE x y\n\u{1f600}\u202e; "x"';
    const [toJill, toJack] = [jill.chats.incoming(), jack.chats.incoming()];
    const sent = await jack.chats.message('jill', text);
    const got = (await toJill.next()).value;
    expect(got?.body).toBe(text);
    const long = `${'line\n'.repeat(10_000)}end`;
    await jill.chats.get(await (got ?? sent).get('CHATNAME')).send(long);
    expect((await toJack.next()).value?.body).toBe(long);
    await sent.edit('a\nb');
    expect(await sent.get('BODY', { fresh: true })).toBe('a\nb');
    expect(await jack.user('jill').get('FULLNAME', { fresh: true })).toBe('Jill');
  });

  test('forwarding rules, status and mute are kept', async () => {
    const rules = [{ startSec: 0, endSec: 30, target: 'jill' }];
    await jack.profile.setForwarding({ enabled: true, rules });
    expect(await jack.profile.forwarding()).toMatchObject({ enabled: true, rules });
    await jack.parameters.set('USERSTATUS', 'DND');
    expect(await jack.parameters.get('USERSTATUS', { fresh: true })).toBe('DND');
    expect(await jack.user('jill').get('FULLNAME')).toBe('Jill');
  });
});

plainTest('an exchange that goes ends its calls, and is come back to', async () => {
  let exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'jill' }] });
  const port = await exchange.listen({ handle: 'jack' });
  const client = await attach(new TcpTransport({ port }), {
    reattach: { firstDelayMs: 10, maxDelayMs: 50 },
  });
  const states: string[] = [];
  client.on('state', ({ status }) => states.push(status));
  const call = await client.call('jill');
  await exchange.close();
  expect(await call.ended()).toBe('CANCELLED');
  exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'jill' }] });
  await exchange.listen({ handle: 'jack', port });
  while (states.at(-1) !== 'attached') await once(client, 'state');
  expect(states[0]).toBe('unavailable');
  expect(await client.search('ACTIVECALLS')).toEqual([]);
  await client.close();
  await exchange.close();
});
