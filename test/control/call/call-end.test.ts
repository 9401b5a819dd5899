import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { attach } from '../../../src/control/attach.js';
import type { Call } from '../../../src/control/call/call.js';
import type { Client } from '../../../src/control/client/client.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import {
  CALL_TRANSITIONS,
  type CallStatus,
  isTerminalCallStatus,
} from '../../../src/protocol/status/call-status.js';
import { type Script, ScriptedEndpoint, settled } from '../scripted-endpoint.js';

async function calling(script: Script | Readonly<Record<string, string>> = {}) {
  const more: Script = typeof script === 'function' ? script : (command) => script[command];
  const endpoint = new ScriptedEndpoint((command) =>
    command === 'CALL bob' ? 'CALL 5 STATUS UNPLACED' : more(command),
  );
  const clock = new VirtualClock(1000);
  const client = await attach(new MemoryTransport(endpoint), { pingIntervalMs: 0, clock });
  return { endpoint, clock, client, call: await client.call('bob') };
}

const say = (endpoint: ScriptedEndpoint, ...news: string[]) =>
  endpoint.say(...news.map((line) => `CALL 5 ${line}`));

/** Lets time pass and whatever comes of it happen. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await settled();
}

describe('a call that the far end transfers', () => {
  const RINGS_AGAIN = [
    'STATUS INPROGRESS',
    'DURATION 1',
    'TRANSFER_ACTIVE TRUE',
    'STATUS ROUTING',
    'DURATION 2',
  ];

  test.each(['CANCELLED', 'REFUSED', 'MISSED', 'BUSY', 'FAILED', 'FINISHED'])(
    'is over when the new target ends it as %s, though the seconds went on while it rang',
    async (status) => {
      const { endpoint, call } = await calling();
      await say(endpoint, ...RINGS_AGAIN, 'STATUS RINGING', 'DURATION 3');
      expect(call.state).toMatchObject({ phase: 'placing', status: 'RINGING', answeredAtMs: 1000 });
      await say(endpoint, `STATUS ${status}`);
      expect(await call.ended()).toBe(status);
    },
  );

  test('goes on when the new target answers', async () => {
    const { endpoint, call } = await calling();
    await say(endpoint, ...RINGS_AGAIN, 'STATUS RINGING', 'STATUS INPROGRESS');
    expect(call.status).toBe('INPROGRESS');
  });

  test('is followed although the notification of the transfer comes late, never, or is invalid', async () => {
    for (const notice of ['TRANSFER_ACTIVE TRUE', 'TRANSFER_ACTIVE perhaps', 'TRANSFERRED_TO carol']) {
      const { endpoint, call } = await calling();
      await say(endpoint, 'STATUS INPROGRESS', 'STATUS ROUTING', notice, 'STATUS RINGING', 'STATUS REFUSED');
      expect(await call.ended()).toBe('REFUSED');
    }
  });
});

/** A way through the catalogue's table, from the first status to one that ends the call. */
const life = fc.infiniteStream(fc.nat(1000)).map((choices) => {
  const statuses: CallStatus[] = ['UNPLACED'];
  for (let status: CallStatus = 'UNPLACED'; !isTerminalCallStatus(status); ) {
    const next: readonly CallStatus[] = CALL_TRANSITIONS[status];
    // A life that is long enough ends with whatever ends it from here.
    const ways = statuses.length > 12 ? next.filter((each) => isTerminalCallStatus(each)) : next;
    const open = ways.length > 0 ? ways : next;
    status = open[(choices.next().value ?? 0) % open.length] ?? 'FINISHED';
    statuses.push(status);
  }
  return statuses;
});

/** Everything that is told of such a call, in any order, some of it twice, some of it never. */
const notifications = life.chain((statuses) => {
  const others = [
    'DURATION 1',
    'DURATION 2',
    'TRANSFER_ACTIVE TRUE',
    'TRANSFERRED_TO carol',
    'VM_DURATION 1',
  ];
  const lines = [...statuses.map((status) => `STATUS ${status}`), ...others];
  const each = fc.tuple(...lines.map(() => fc.record({ times: fc.nat(2), at: fc.double({ noNaN: true }) })));
  return each.map((fates) => ({
    last: statuses.at(-1) ?? '',
    lines: fates
      .flatMap(({ times, at }, index) =>
        Array.from({ length: times }, () => ({ line: lines[index] ?? '', at })),
      )
      .toSorted((a, b) => a.at - b.at)
      .map(({ line }) => line),
  }));
});

describe("a call's end", () => {
  test('is noticed for any order of notifications, and when its own is lost', async () => {
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(notifications, async ({ last, lines }) => {
        const { endpoint, clock, client, call } = await calling({
          'GET CALL 5 STATUS': `CALL 5 STATUS ${last}`,
        });
        const ended = call.ended();
        await say(endpoint, ...lines);
        if (!call.over) {
          lost++;
          expect(lines).not.toContain(`STATUS ${last}`);
          await pass(clock, 30_000);
        }
        expect(await ended).toBe(last);
        await client.close();
      }),
      { numRuns: 300 },
    );
    expect(lost).toBeGreaterThan(10);
  });

  test('is not undone by an answer that is older than the notification of the end', async () => {
    const { endpoint, call } = await calling();
    const asking = call.text('STATUS', { fresh: true });
    const id = await endpoint.idOf('GET CALL 5 STATUS');
    await endpoint.say('CALL 5 STATUS RINGING', `${id} CALL 5 STATUS FINISHED`);
    await asking;
    expect(call.status).toBe('FINISHED');
  });
});

describe('a call of which nothing is heard', () => {
  const asked = (endpoint: ScriptedEndpoint) =>
    endpoint.commands.filter((command) => command === 'GET CALL 5 STATUS').length;

  test('is asked for every 30 s; a call that reports its duration is not', async () => {
    const { endpoint, clock, call } = await calling({ 'GET CALL 5 STATUS': 'CALL 5 STATUS RINGING' });
    await pass(clock, 29_000);
    expect(asked(endpoint)).toBe(0);
    await pass(clock, 2000);
    expect(asked(endpoint)).toBe(1);
    expect(call.status).toBe('RINGING');
    for (let second = 1; second <= 120; second++) {
      await say(endpoint, `DURATION ${second}`);
      await pass(clock, 1000);
    }
    expect(asked(endpoint)).toBe(1);
    await say(endpoint, 'STATUS FINISHED');
    await pass(clock, 300_000);
    expect(asked(endpoint)).toBe(1);
  });

  test('is asked for again when the endpoint does not answer', async () => {
    const { endpoint, clock, call } = await calling();
    await pass(clock, 30_000);
    endpoint.script = (command) => (command === 'GET CALL 5 STATUS' ? 'CALL 5 STATUS MISSED' : undefined);
    await pass(clock, 30_000);
    expect(call.status).toBe('MISSED');
  });

  test.each<[string, string, boolean]>([
    ['is over where the endpoint does not know it any more', 'CALLS 7', true],
    ['goes on where the endpoint has it among its active calls', 'CALLS 5, 7', false],
    ['goes on where the endpoint does not say', 'ERROR 1 General syntax error', false],
  ])('%s', async (_, active, over) => {
    const { clock, call } = await calling({
      'GET CALL 5 STATUS': 'ERROR 11 Unknown call',
      'SEARCH ACTIVECALLS': active,
    });
    const ended = call.ended().catch((error: unknown) => error);
    await pass(clock, 30_000);
    expect(call.over).toBe(over);
    if (over) expect(await ended).toMatchObject({ code: 'ERR_CLOSED' });
  });

  test('is not asked for with callCheckMs 0; an invalid time is refused', async () => {
    const endpoint = new ScriptedEndpoint({ 'CALL bob': 'CALL 5 STATUS UNPLACED' });
    const clock = new VirtualClock();
    const options = { pingIntervalMs: 0, clock };
    const client = await attach(new MemoryTransport(endpoint), { ...options, callCheckMs: 0 });
    await client.call('bob');
    await pass(clock, 300_000);
    expect(asked(endpoint)).toBe(0);
    await expect(
      attach(new MemoryTransport(endpoint), { ...options, callCheckMs: Number.NaN }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  test('is no reason to fail a hang-up: the endpoint is asked', async () => {
    const { call } = await calling({
      'ALTER CALL 5 HANGUP': 'ERROR 559 CALL: Action failed',
      'GET CALL 5 STATUS': 'CALL 5 STATUS FINISHED',
    });
    await call.hangUp();
    expect(call.status).toBe('FINISHED');
  });
});

describe('a wait for a state', () => {
  const waits: Record<string, (call: Call) => Promise<unknown>> = {
    states: async (call) => {
      for await (const _ of call.states({ timeoutMs: 500 }));
    },
    reached: (call) => call.reached('INPROGRESS', { timeoutMs: 500 }),
    ended: (call) => call.ended({ timeoutMs: 500 }),
  };

  test.each(Object.keys(waits))('%s has a time limit, over all states together', async (name) => {
    const { endpoint, clock, call } = await calling();
    const waiting = waits[name]?.(call).catch((error: unknown) => error);
    await pass(clock, 300);
    await say(endpoint, 'STATUS RINGING');
    await pass(clock, 199);
    let settledAt: number | undefined;
    void waiting?.then(() => {
      settledAt = clock.now();
    });
    await settled();
    expect(settledAt).toBeUndefined();
    await pass(clock, 1);
    expect(await waiting).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('500 ms') });
  });

  test.each(['reached', 'ended'] as const)(
    '%s returns at once when the state is reached already, even with a time limit of 0',
    async (name) => {
      const { endpoint, call } = await calling();
      await say(endpoint, 'STATUS FINISHED');
      const limit = { timeoutMs: 0 };
      if (name === 'ended') expect(await call.ended(limit)).toBe('FINISHED');
      else expect(await call.reached('FINISHED', limit)).toMatchObject({ phase: 'ended' });
    },
  );

  test('attached() has a time limit, too', async () => {
    const { endpoint, clock, client } = await calling();
    await client.attached({ timeoutMs: 0 });
    await endpoint.leave();
    const waiting = client.attached({ timeoutMs: 500 }).catch((error: unknown) => error);
    await pass(clock, 500);
    expect(await waiting).toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(client.attached({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await client.close();
  });

  test.each([-1, Number.NaN])('a time limit of %s is refused', async (timeoutMs) => {
    const { call } = await calling();
    await expect(call.ended({ timeoutMs })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(call.reached('RINGING', { timeoutMs })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect(() => call.states({ timeoutMs })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });
});

describe('a listener that throws', () => {
  const listeners: Record<string, (client: Client, call: Call) => void> = {
    'of a call': (_, call) => {
      call.on('property', fail);
      call.on('state', fail);
      call.on('dtmf', fail);
    },
    'of a client': (client) => {
      client.on('notification', fail);
      client.on('trace', fail);
    },
    'that is async': (_, call) => void call.on('state', async () => fail()),
    'once only': (_, call) => void call.once('state', fail),
  };
  const fail = () => {
    throw new Error('a bug of the program');
  };

  test.each(Object.keys(listeners))('%s does not keep other listeners from hearing the end', async (name) => {
    const { endpoint, client, call } = await calling();
    const failures: Error[] = [];
    client.on('failure', (error) => failures.push(error));
    call.on('failure', (error) => failures.push(error));
    listeners[name]?.(client, call);
    const others: string[] = [];
    call.on('state', ({ status }) => others.push(status));
    await say(endpoint, 'STATUS RINGING', 'DTMF 5', 'STATUS FINISHED');
    expect(await call.ended()).toBe('FINISHED');
    expect(others).toEqual(['RINGING', 'FINISHED']);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]).toMatchObject({ code: 'ERR_LISTENER', cause: { message: 'a bug of the program' } });
  });

  test('becomes a warning of the process when nobody listens for failures, or that listener throws too', async () => {
    const { endpoint, call } = await calling();
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve));
    call.on('failure', fail);
    call.on('state', fail);
    await say(endpoint, 'STATUS RINGING');
    expect(await warned).toMatchObject({ code: 'ERR_LISTENER', message: expect.stringContaining('failure') });
  });
});
