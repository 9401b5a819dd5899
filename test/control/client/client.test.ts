import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { attach } from '../../../src/control/attach.js';
import type { AttachOptions } from '../../../src/control/client/attach-options.js';
import { Client } from '../../../src/control/client/client.js';
import type { TraceLine } from '../../../src/control/client/endpoint-session.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import type { Link, Transport } from '../../../src/control/transport/transport.js';
import { ApiError } from '../../../src/protocol/api-error.js';
import { commands } from '../../../src/protocol/commands.js';
import { type Script, ScriptedEndpoint, settled } from '../scripted-endpoint.js';

async function attached(script: Script | Readonly<Record<string, string>> = {}, options: AttachOptions = {}) {
  const endpoint = new ScriptedEndpoint(script);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0, ...options });
  return { endpoint, client };
}

describe('attaching', () => {
  test('says NAME and agrees on PROTOCOL', async () => {
    const { endpoint, client } = await attached({ 'PROTOCOL 8': 'PROTOCOL 7' });
    expect(endpoint.heard).toEqual(['#1 NAME jackfield', '#2 PROTOCOL 8']);
    expect(client.protocol).toBe(7);
    expect(client.state).toEqual({ status: 'attached', transport: 'memory', protocol: 7 });
    await client.close();
    expect(client.state.status).toBe('closed');
  });

  test('an endpoint that asks its user, even twice, is waited for', async () => {
    const endpoint = new ScriptedEndpoint();
    const memory = new MemoryTransport(endpoint);
    const asking: Transport = {
      name: 'asking',
      open: async (handlers, options) => {
        handlers.pending?.();
        handlers.pending?.();
        return await memory.open(handlers, options);
      },
    };
    const client = new Client(asking, { pingIntervalMs: 0 });
    const states: string[] = [];
    client.on('state', ({ status }) => states.push(status));
    await client.open();
    expect(states).toEqual(['pending-authorization', 'attached']);
  });

  test('a refusal by the user is ERR_ATTACH_REFUSED, with the ERROR as its cause', async () => {
    await expect(attached({ 'NAME jackfield': 'ERROR 68 Access denied' })).rejects.toMatchObject({
      code: 'ERR_ATTACH_REFUSED',
      cause: expect.any(ApiError),
    });
  });

  test('an endpoint that nobody is logged in to is not available', async () => {
    await expect(attached({ 'NAME jackfield': 'CONNSTATUS OFFLINE' })).rejects.toMatchObject({
      code: 'ERR_ATTACH_UNAVAILABLE',
    });
  });

  test('a transport that never opens is given up after attachTimeoutMs, and a link that comes late is closed', async () => {
    const clock = new VirtualClock();
    let closed = 0;
    let opened = (_: Link) => {};
    const slow: Transport = {
      name: 'slow',
      open: () =>
        new Promise((resolve) => {
          opened = resolve;
        }),
    };
    const outcome = expect(attach(slow, { clock, attachTimeoutMs: 500 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    await clock.advance(500);
    await outcome;
    opened({ multiline: false, send: async () => undefined, close: async () => void closed++ });
    await settled();
    expect(closed).toBe(1);
  });

  test('an endpoint that never answers is given up after attachTimeoutMs', async () => {
    const clock = new VirtualClock();
    const stuck: Transport = {
      name: 'stuck',
      open: (_, { signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const attaching = attach(stuck, { clock, attachTimeoutMs: 500 });
    const outcome = expect(attaching).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await clock.advance(500);
    await outcome;
  });

  test.each([
    ['protocol', { protocol: 9 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['attachTimeoutMs', { attachTimeoutMs: Number.NaN }],
    ['maxPending', { maxPending: 0 }],
    ['pingIntervalMs', { pingIntervalMs: -1 }],
    ['reattach.maxDelayMs', { reattach: { maxDelayMs: 0 } }],
  ] as const)('invalid %s is refused', async (field, options) => {
    await expect(attached({}, options)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
      message: expect.stringContaining(field),
    });
  });
});

describe('commands', () => {
  test('many commands can wait at once, and are answered in any order', async () => {
    const { endpoint, client } = await attached();
    const durations = [1, 2, 3].map((id) => client.get('CALL', id, 'DURATION'));
    const ids = await Promise.all([1, 2, 3].map((id) => endpoint.idOf(`GET CALL ${id} DURATION`)));
    await endpoint.say(`${ids[2]} CALL 3 DURATION 33`, 'CALL 1 DURATION 999', `${ids[0]} CALL 1 DURATION 11`);
    await endpoint.say(`${ids[1]} CALL 2 DURATION 22`);
    expect(await Promise.all(durations)).toEqual([11, 22, 33]);
  });

  test('an ERROR carries its number, its text and the command', async () => {
    const { client } = await attached({ 'CALL nobody': 'ERROR 34 invalid user handle' });
    await expect(client.call('nobody')).rejects.toMatchObject({
      code: 'ERR_API',
      number: 34,
      text: 'invalid user handle',
      command: 'CALL nobody',
    });
  });

  test('a time-out and a signal end a wait; a late answer is a notification then', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached({}, { clock, timeoutMs: 300 });
    const notified: string[] = [];
    client.on('notification', ({ kind }) => notified.push(kind));
    const late = expect(client.command(commands.ping())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await clock.advance(300);
    await late;
    await expect(client.command(commands.ping(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(endpoint.commands.filter((command) => command === 'PING')).toHaveLength(1);
    const abort = new AbortController();
    const aborted = client.command(commands.ping(), { signal: abort.signal });
    abort.abort('enough');
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
    await endpoint.say('#3 PONG');
    expect(notified).toEqual(['pong']);
  });

  test('a command beyond maxPending is refused', async () => {
    const { client } = await attached({}, { maxPending: 2 });
    const waiting = [client.command(commands.ping()), client.command(commands.ping())];
    await expect(client.command(commands.ping())).rejects.toMatchObject({ code: 'ERR_LIMIT' });
    await client.close();
    for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  test('a value with a line break is refused', async () => {
    const { endpoint, client } = await attached();
    await expect(client.invoke('PING\nCALL echo123')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
    await expect(client.call('a\rb')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
    await expect(client.set('USER', 'a', 'DISPLAYNAME', 'x\nCALL y')).rejects.toMatchObject({
      code: 'ERR_LINE_BREAK',
    });
    expect(endpoint.commands).toEqual(['NAME jackfield', 'PROTOCOL 8']);
  });

  test('typed get, set, alter and search', async () => {
    const { endpoint, client } = await attached({
      'GET USER echo123 HASCALLEQUIPMENT': 'USER echo123 HASCALLEQUIPMENT TRUE',
      'SET USER echo123 BUDDYSTATUS 2 hello': 'USER echo123 BUDDYSTATUS 2',
      'ALTER CALL 7 HOLD': 'ALTER CALL 7 HOLD',
      'SEARCH CALLS echo123': 'CALLS 7, 9',
      'SEARCH FRIENDS': 'USERS echo123, test',
    });
    expect(await client.get('USER', 'echo123', 'HASCALLEQUIPMENT')).toBe(true);
    await client.alter('CALL', 7, 'HOLD');
    expect(await client.search('CALLS', 'echo123')).toEqual([7, 9]);
    expect(await client.search('FRIENDS')).toEqual(['echo123', 'test']);
    expect(endpoint.commands).toContain('ALTER CALL 7 HOLD');
  });

  test('a line is sent as it is and the answer given back as a line', async () => {
    const { endpoint, client } = await attached({
      'get  Call 5 status': 'CALL 5 STATUS RINGING',
      HELO: 'ERROR 2 Unknown command',
    });
    expect(await client.invoke('get  Call 5 status')).toBe('CALL 5 STATUS RINGING');
    await expect(client.invoke('HELO')).rejects.toMatchObject({ number: 2 });
    expect(endpoint.commands.at(-2)).toBe('get  Call 5 status');
  });

  test('an answer that the transport gives at once may lack the identifier', async () => {
    const answers: Readonly<Record<string, string>> = {
      'NAME jackfield': 'OK',
      'PROTOCOL 8': 'PROTOCOL 8',
      'GET SKYPEVERSION': 'SKYPEVERSION 1.4',
      PING: '#4 PONG',
    };
    const transport: Transport = {
      name: 'synchronous',
      open: async () => ({
        multiline: true,
        send: async (line) => answers[line.replace(/^#\S+ /, '')],
        close: async () => undefined,
      }),
    };
    const client = await attach(transport, { pingIntervalMs: 0 });
    expect(await client.parameters.get('SKYPEVERSION')).toBe('1.4');
    expect((await client.command(commands.ping())).kind).toBe('pong');
    await client.close();
  });

  test('the tap sees every line in both directions', async () => {
    const { endpoint, client } = await attached({ PING: 'PONG' });
    const lines: Omit<TraceLine, 'atMs'>[] = [];
    client.on('trace', ({ direction, line }) => lines.push({ direction, line }));
    await client.command(commands.ping());
    await endpoint.say('USERSTATUS AWAY');
    expect(lines).toEqual([
      { direction: 'sent', line: '#3 PING' },
      { direction: 'received', line: '#3 PONG' },
      { direction: 'received', line: 'USERSTATUS AWAY' },
    ]);
  });
});

describe('an endpoint that disappears and returns', () => {
  test('is tried again with growing pauses, and changed values are read again', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached(
      {},
      { clock, reattach: { firstDelayMs: 100, maxDelayMs: 300 } },
    );
    const states: string[] = [];
    const discovered: number[] = [];
    client.on('state', (state) =>
      states.push(state.status === 'unavailable' ? `unavailable ${state.retryInMs}` : state.status),
    );
    await endpoint.say('CALL 1 STATUS RINGING', 'CALL 2 STATUS INPROGRESS', 'CALL 3 STATUS FINISHED');
    client.on('call', ({ id }) => discovered.push(id));
    const [first, second] = [client.callById(1)!, client.callById(2)!];
    const following = expect(second.ended()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    const lost = expect(client.command(commands.ping())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await endpoint.leave();
    await lost;
    await expect(client.command(commands.ping())).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
    for (const wait of [100, 200, 300]) await clock.advance(wait);
    endpoint.present = true;
    endpoint.script = (command) =>
      ({
        'SEARCH ACTIVECALLS': 'CALLS 1, 4',
        'GET CALL 1 STATUS': 'CALL 1 STATUS INPROGRESS',
        'GET CALL 2 STATUS': 'ERROR 12 Unknown call',
        'GET CALL 4 STATUS': 'CALL 4 STATUS RINGING',
      })[command];
    await clock.advance(300);
    await client.attached();
    await following;
    expect(states).toEqual([
      ...['unavailable 100', 'attaching', 'unavailable 200', 'attaching', 'unavailable 300', 'attaching'],
      ...['unavailable 300', 'attaching', 'attached'],
    ]);
    expect(first.status).toBe('INPROGRESS');
    expect(second.over).toBe(true);
    expect(discovered).toEqual([4]);
    expect([...client.calls].map(({ id }) => id).sort()).toEqual([1, 4]);
    expect(endpoint.commands.filter((command) => command === 'GET CALL 3 STATUS')).toEqual([]);
  });

  test('is given up after a while: the client closes and says so', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached({}, { clock, reattach: { giveUpAfterMs: 5000 } });
    const closed: (Error | undefined)[] = [];
    client.on('closed', (error) => closed.push(error));
    await endpoint.leave();
    await clock.advance(20_000);
    expect(closed).toEqual([expect.objectContaining({ code: 'ERR_ATTACH_UNAVAILABLE' })]);
    await expect(client.attached()).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
  });

  test('is not attached again when its user refuses', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached({}, { clock });
    await endpoint.leave();
    endpoint.present = true;
    endpoint.script = (command) => (command === 'NAME jackfield' ? 'ERROR 68 Access denied' : undefined);
    await clock.advance(250);
    await settled();
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'ERR_ATTACH_REFUSED' } });
  });

  test('is not waited for after the client is closed', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached({}, { clock });
    await endpoint.leave();
    const waiting = expect(client.attached()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await client.close();
    await waiting;
    endpoint.present = true;
    await clock.advance(60_000);
    expect(client.state.status).toBe('closed');
  });

  test('a link that comes after its attempt was given up does not disturb the one that serves', async () => {
    const clock = new VirtualClock();
    const endpoint = new ScriptedEndpoint();
    const memory = new MemoryTransport(endpoint);
    let openLate = () => {};
    let attempts = 0;
    const transport: Transport = {
      name: 'slow once',
      open: async (handlers, options) => {
        if (++attempts !== 2) return await memory.open(handlers, options);
        await new Promise<void>((resolve) => {
          openLate = resolve;
        });
        return { multiline: false, send: async () => undefined, close: async () => handlers.closed() };
      },
    };
    const client = await attach(transport, { clock, pingIntervalMs: 0, attachTimeoutMs: 1000 });
    await endpoint.leave();
    endpoint.present = true;
    await clock.advance(250 + 1000 + 500);
    await client.attached();
    openLate();
    await settled();
    expect(attempts).toBe(3);
    expect(client.state.status).toBe('attached');
    endpoint.script = () => 'PONG';
    expect(await client.invoke('PING')).toBe('PONG');
  });

  test('is not attached again with reattach: false', async () => {
    const { endpoint, client } = await attached({}, { reattach: false });
    await endpoint.say('CALL 1 STATUS RINGING');
    const ended = expect(client.callById(1)!.ended()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await endpoint.leave();
    await ended;
    expect(client.state.status).toBe('closed');
  });
});

describe('the PING watch', () => {
  test('does not disturb an endpoint that sends lines, and detects a dead one', async () => {
    const clock = new VirtualClock();
    const { endpoint, client } = await attached(
      {},
      { clock, pingIntervalMs: 1000, timeoutMs: 500, reattach: false },
    );
    await clock.advance(900);
    await endpoint.say('USERSTATUS AWAY');
    await clock.advance(200);
    expect(endpoint.commands).not.toContain('PING');
    endpoint.script = (command) => (command === 'PING' ? 'PONG' : undefined);
    await clock.advance(3000);
    const pings = endpoint.commands.filter((command) => command === 'PING').length;
    expect(pings).toBeGreaterThan(0);
    expect(client.state.status).toBe('attached');
    endpoint.script = () => undefined;
    await clock.advance(3000);
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'ERR_CLOSED' } });
  });
});
