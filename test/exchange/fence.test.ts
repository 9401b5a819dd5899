import { describe, expect, it } from 'vitest';
import type { ExchangeOptions } from '../../src/exchange/exchange-options.js';
import type { Attempt } from '../../src/switch/attempt.js';
import { settle, type World, world } from './world.js';

const boom = (): never => {
  throw new Error('boom');
};
const identity = { handle: 'robo', fullName: 'Robo', network: 'P2P' } as const;

/** The failures of an exchange with their places, and a call of alice's that has to go on whatever else fails. */
async function watched(options: ExchangeOptions = {}): Promise<World & { readonly told: string[] }> {
  const w = await world(options);
  await settle();
  const told: string[] = [];
  w.exchange.on('failure', (error, where) => told.push(`${where}: ${(error as Error).message}`));
  return Object.assign(w, { told });
}

/** Alice calls bob, who answers; it has to work. */
async function callGoesOn(w: World): Promise<void> {
  const [alice, bob] = [w.client('alice'), w.client('bob')];
  alice.send('CALL bob');
  await w.clock.advance(1000);
  bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
  await w.clock.advance(2000);
  alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
  await w.clock.advance(1000);
  expect(alice.told(`CALL ${alice.newest('CALL')} STATUS`).slice(-2)).toEqual(['INPROGRESS', 'FINISHED']);
}

describe('a failure in one place affects no other', () => {
  it.each(['line', 'stream-closed', 'failure'] as const)('a listener of %s', async (event) => {
    await using w = await watched();
    const warned: Error[] = [];
    const onWarning = (warning: Error) => warned.push(warning);
    process.on('warning', onWarning);
    const heard: unknown[] = [];
    w.exchange.on(event, boom);
    w.exchange.on(event, (...args: unknown[]) => heard.push(args));
    if (event === 'failure') w.exchange.emit('failure', new Error('a disk'), 'state');
    if (event === 'stream-closed') {
      const alice = w.client();
      alice.send('CALL echo123');
      await w.clock.advance(3000);
      alice.send(`ALTER CALL ${alice.newest('CALL')} SET_OUTPUT FILE="/nowhere"`);
      w.exchange.emit('stream-closed', {});
    }
    await callGoesOn(w);
    await settle();
    process.off('warning', onWarning);
    expect(heard.length).toBeGreaterThan(0);
    if (event === 'failure') expect(warned.map(({ message }) => message)).toContain('boom');
    else expect(w.told[0]).toBe(`listener of ${event}: boom`);
  });

  it('a listener that rejects', async () => {
    await using w = await watched();
    w.exchange.on('line', async () => boom());
    w.client();
    await settle();
    expect(w.told[0]).toBe('listener of line: boom');
  });

  it('a client whose delivery throws: its session ends, the others get their lines', async () => {
    await using w = await watched();
    const session = w.exchange.endpoint('alice').connect({ deliver: boom, closed: boom });
    session.receive('PROTOCOL 8');
    expect(w.told).toEqual(['client "" of alice: boom', 'client "" of alice: boom']);
    expect(w.exchange.endpoint('alice').sessions).toEqual([]);
    await callGoesOn(w);
  });

  it.each([
    ['at once', boom],
    ['later', async () => boom()],
  ])('a policy that throws %s: that client is refused', async (_when, attach) => {
    await using w = await watched({ attach });
    const client = w.client('alice', { attach: false });
    client.send('#1 NAME x');
    await settle();
    expect(client.lines).toEqual(['#1 ERROR 97 Internal error: boom']);
    expect(client.send('PING')).toEqual([expect.stringMatching(/^ERROR 68/)]);
    expect(w.told).toEqual(['client "" of alice: boom']);
  });

  it.each([
    ['its gateway', { gateway: { lineTo: boom } }, 'CALL +3725555'],
    ['somebody who is called', { robots: [{ identity, arrive: boom }] }, 'CALL robo'],
    ['the overflow of the callee', { robots: [{ identity, arrive: () => {}, overflow: boom }] }, 'CALL robo'],
    [
      'the answer of the callee',
      { robots: [{ identity, arrive: (attempt: Attempt) => attempt.answer({ identity } as never) }] },
      'CALL robo',
    ],
    [
      'the reason of the callee',
      {
        robots: [
          {
            identity,
            arrive: (attempt: Attempt) =>
              attempt.decline({ kind: 'failed', reason: 'error', text: 'two\nlines' }),
          },
        ],
      },
      'CALL robo',
    ],
    [
      'what streams are opened with',
      { opener: () => ({ source: boom, destination: boom }) },
      'ALTER CALL 1 SET_INPUT PORT="5000"',
    ],
  ])('%s', async (_what, options, command) => {
    await using w = await watched(options);
    const alice = w.client();
    alice.send('CALL bob');
    alice.send(command);
    await w.clock.advance(2000);
    alice.send('ALTER CALL 1 HANGUP');
    await callGoesOn(w);
  });

  it.each(['read', 'write', 'close'] as const)('a stream whose %s fails', async (method) => {
    const stats = { moved: 0, late: 0, silenceFilled: 0, dropped: 0 };
    const fine = async () => {};
    const stream = { stats, active: true, over: false, read: fine, write: fine, close: fine, [method]: boom };
    if (method === 'close') stream.close = async () => boom();
    await using w = await watched({
      opener: () => ({ source: async () => stream, destination: async () => stream }),
    });
    const alice = w.client();
    alice.send('CALL echo123');
    await w.clock.advance(3000);
    const call = `ALTER CALL ${alice.newest('CALL')}`;
    alice.send(`${call} SET_INPUT PORT="5000"`);
    alice.send(`${call} SET_OUTPUT PORT="5001"`);
    await settle();
    await w.clock.advance(1000);
    alice.send(`${call} HANGUP`);
    await w.clock.advance(1000);
    expect(w.told.length).toBeGreaterThan(0);
    expect(w.told.length).toBeLessThan(5);
    await callGoesOn(w);
  });

  it('a timer', async () => {
    await using w = await watched();
    const { user } = w.exchange.endpoint('bob');
    const notify = user.notify;
    user.notify = boom;
    const alice = w.client();
    alice.send('CALL bob');
    await w.clock.advance(1000);
    user.notify = notify;
    expect(w.told.length).toBeGreaterThan(0);
    await callGoesOn(w);
  });
});
