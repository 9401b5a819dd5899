import { describe, expect, it } from 'vitest';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import type { SipLineOptions } from '../../../src/line/sip/sip-line-options.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { driven } from '../../turns.js';
import { MEDIA, site, twoSites } from './line-stage.js';

describe('two exchanges with a line between them', () => {
  it('register, ring, talk, press keys, hold both ways, and hang up', async () => {
    await using s = await twoSites();
    expect(s.branch.told).toEqual(['registering', 'registered']);
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1500);
    const in_ = bob.newest('CALL');
    expect(statuses(alice, out)).toEqual(['UNPLACED', 'UNPLACED', 'ROUTING', 'RINGING']);
    expect(bob.send(`GET CALL ${in_} PARTNER_HANDLE`)).toEqual([`CALL ${in_} PARTNER_HANDLE sip:alice`]);
    bob.send(`ALTER CALL ${in_} ANSWER`);
    await s.clock.advance(1000);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['INPROGRESS', 'INPROGRESS']);
    alice.send(`SET CALL ${out} DTMF 5`);
    await s.clock.advance(1000);
    expect(bob.told(`CALL ${in_} DTMF`)).toEqual(['5']);
    bob.send(`ALTER CALL ${in_} HOLD`);
    await s.clock.advance(1000);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['REMOTEHOLD', 'LOCALHOLD']);
    bob.send(`ALTER CALL ${in_} RESUME`);
    await s.clock.advance(1000);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['INPROGRESS', 'INPROGRESS']);
    alice.send(`ALTER CALL ${out} HOLD`);
    await s.clock.advance(1000);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['LOCALHOLD', 'REMOTEHOLD']);
    alice.send(`ALTER CALL ${out} HANGUP`);
    await s.clock.advance(1000);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['FINISHED', 'FINISHED']);
    expect([s.office.line.calls, s.branch.line.calls]).toEqual([0, 0]);
    expect([...s.office.w.failures, ...s.branch.w.failures]).toEqual([]);
  });

  it('call in the other direction, and the caller gives up', async () => {
    await using s = await twoSites();
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(bob.send('CALL +15550100')[0]);
    await s.clock.advance(1500);
    const in_ = alice.newest('CALL');
    expect(statuses(bob, out).at(-1)).toBe('RINGING');
    bob.send(`ALTER CALL ${out} HANGUP`);
    await s.clock.advance(1000);
    expect([statuses(bob, out).at(-1), statuses(alice, in_).at(-1)]).toEqual(['CANCELLED', 'MISSED']);
    expect([s.office.line.calls, s.branch.line.calls]).toEqual([0, 0]);
  });

  it('give each other the reason when a call is refused', async () => {
    await using s = await twoSites();
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1500);
    bob.send(`ALTER CALL ${bob.newest('CALL')} END HANGUP`);
    bob.send(`ALTER CALL ${bob.newest('CALL')} HANGUP`);
    await s.clock.advance(500);
    expect(statuses(alice, out).at(-1)).toBe('WAITING_REDIAL_COMMAND');
    alice.send(`ALTER CALL ${out} HANGUP`);
    bob.send('SET USERSTATUS OFFLINE');
    const away = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1500);
    expect(alice.told(`CALL ${away} FAILUREREASON`)).toEqual(['3']);
    expect(alice.told(`CALL ${away} PSTN_STATUS`)).toEqual(['480 Temporarily Unavailable']);
  });

  it('end their calls and the registration when one closes', async () => {
    const s = await twoSites();
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1500);
    bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
    await s.clock.advance(1000);
    await s.branch.w[Symbol.asyncDispose]();
    expect(statuses(alice, out).at(-1)).toBe('FINISHED');
    const after = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1000);
    expect(alice.told(`CALL ${after} FAILUREREASON`)).toEqual(['3']);
    await s.office.w[Symbol.asyncDispose]();
  });
});

/** An exchange with phones and a trunk, a branch that has an account there, and the provider at the trunk's other end. */
async function withTrunk(trunk: Partial<SipLineOptions> = {}) {
  const s = await twoSites({ to: undefined });
  const provider = await site(s.network, s.clock, '10.0.0.3', {
    trunk: { uri: 'sip:10.0.0.4' },
    to: 'bob',
  });
  const line = sipLine(
    { media: MEDIA, trunk: { uri: 'sip:10.0.0.3' }, caller: '+442079460000', ...trunk },
    { transports: [s.network.host('10.0.0.4')] },
  );
  await driven(s.clock, s.office.w.exchange.addLine(line, { prefixes: ['+44'] }));
  return {
    ...s,
    provider,
    trunk: line,
    async [Symbol.asyncDispose]() {
      await provider.w[Symbol.asyncDispose]();
      await s[Symbol.asyncDispose]();
    },
  };
}

describe('an incoming call that is forwarded by a line', () => {
  it('goes from a phone to the trunk, within its limits', async () => {
    await using s = await withTrunk({ limits: { calls: 1, barred: ['+449'] } });
    const bob = s.branch.w.client('bob');
    const theirs = s.provider.w.client('bob');
    const out = idOf(bob.send('CALL +442071234567')[0]);
    await s.clock.advance(2000);
    const in_ = theirs.newest('CALL');
    expect(statuses(bob, out).at(-1)).toBe('RINGING');
    expect(theirs.send(`GET CALL ${in_} PARTNER_HANDLE`)).toEqual([
      `CALL ${in_} PARTNER_HANDLE +442079460000`,
    ]);
    theirs.send(`ALTER CALL ${in_} ANSWER`);
    await s.clock.advance(1000);
    expect([statuses(bob, out).at(-1), statuses(theirs, in_).at(-1)]).toEqual(['INPROGRESS', 'INPROGRESS']);
    const refused = ['+442071234568', '+449012345678', '+15550999'].map((number) =>
      idOf(bob.send(`CALL ${number}`)[0]),
    );
    await s.clock.advance(2000);
    expect(refused.map((id) => bob.told(`CALL ${id} PSTN_STATUS`)[0])).toEqual([
      '503 Service Unavailable',
      '403 Forbidden',
      '404 Not Found',
    ]);
    expect(s.trunk.refusals).toMatchObject({ limit: 1, barred: 1 });
    theirs.send(`ALTER CALL ${in_} HOLD`);
    await s.clock.advance(1000);
    expect(statuses(bob, out).at(-1)).toBe('REMOTEHOLD');
    theirs.send(`ALTER CALL ${in_} RESUME`);
    theirs.send(`SET CALL ${in_} DTMF 7`);
    await s.clock.advance(1000);
    expect(bob.told(`CALL ${out} DTMF`)).toEqual(['7']);
    bob.send(`ALTER CALL ${out} HANGUP`);
    await s.clock.advance(1000);
    expect([statuses(bob, out).at(-1), statuses(theirs, in_).at(-1)]).toEqual(['FINISHED', 'FINISHED']);
    expect([s.trunk.calls, s.office.line.calls]).toEqual([0, 0]);
  });

  it('goes from the trunk to a phone, which sees the caller', async () => {
    await using s = await withTrunk();
    const caller = s.provider.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(caller.send('CALL +15550200')[0]);
    await s.clock.advance(2000);
    // The trunk takes numbers of +44 alone, and the phone's line all.
    const in_ = bob.newest('CALL');
    expect(bob.send(`GET CALL ${in_} PARTNER_HANDLE`)).toEqual([`CALL ${in_} PARTNER_HANDLE sip:alice`]);
    caller.send(`ALTER CALL ${out} HANGUP`);
    await s.clock.advance(1000);
    expect(statuses(bob, in_).at(-1)).toBe('MISSED');
  });

  it.each([
    ['phones', 'none', ['404 Not Found']],
    ['all', 'RINGING', []],
  ] as const)('goes from the trunk back to the trunk with `onward: %s`: %s', async (onward, status, text) => {
    await using s = await withTrunk({ onward });
    const hops: string[] = [];
    s.provider.line.on('wire', ({ direction, text }) => {
      const [, count] = /^INVITE .*?Max-Forwards: (\d+)/s.exec(text) ?? [];
      if (count !== undefined) hops.push(`${direction} ${count}`);
    });
    const caller = s.provider.w.client('alice');
    const out = idOf(caller.send('CALL +442071234567')[0]);
    await s.clock.advance(2000);
    expect(caller.told(`CALL ${out} PSTN_STATUS`)).toEqual(text);
    expect(hops).toEqual(status === 'RINGING' ? ['out 70', 'in 69'] : ['out 70']);
    if (status === 'RINGING') expect(statuses(caller, out).at(-1)).toBe(status);
  });
});

describe('strangers and limits', () => {
  it('refuses a stranger, one with a wrong password, and a number that is barred, and counts them', async () => {
    await using s = await twoSites({ phones: [{ user: 'branch', password: 'other' }] });
    expect(s.branch.told).toEqual(['registering', 'failed']);
    const bob = s.branch.w.client('bob');
    const out = idOf(bob.send('CALL +15550100')[0]);
    await s.clock.advance(1500);
    expect(bob.told(`CALL ${out} FAILUREREASON`)).toEqual(['11']);
    expect(s.office.line.refusals).toMatchObject({ stranger: 1 });
  });

  it('takes no more calls than the limit, and calls no number that is barred or too expensive', async () => {
    await using s = await twoSites(
      {},
      {
        limits: { calls: 1, numbers: ['+1555'], barred: ['+1555099'], costPerMinute: 0.5 },
        tariffs: [
          { prefix: '+1555', rate: 20, precision: 2, currency: 'EUR' },
          { prefix: '+15557', rate: 90, precision: 2, currency: 'EUR' },
        ],
      },
    );
    const bob = s.branch.w.client('bob');
    const reasons = ['+4420123456', '+15550991', '+15557123', '+15550100', '+15550101'].map((number) =>
      idOf(bob.send(`CALL ${number}`)[0]),
    );
    await s.clock.advance(1500);
    expect(reasons.map((id) => bob.told(`CALL ${id} FAILUREREASON`)[0] ?? statuses(bob, id).at(-1))).toEqual([
      '11',
      '11',
      '11',
      'RINGING',
      '4',
    ]);
    expect(s.branch.line.refusals).toMatchObject({ barred: 3, limit: 1 });
    expect(bob.send(`GET CALL ${reasons[3]} RATE`)).toEqual([`CALL ${reasons[3]} RATE 20`]);
  });

  it('spends no more than its daily limit: a new call is refused, and calls in progress are ended', async () => {
    const tariffs = [{ prefix: '+1555', rate: 30, precision: 2, currency: 'EUR' }];
    await using s = await twoSites({}, { limits: { costPerDay: 0.5 }, tariffs });
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const call = (number: string) => idOf(bob.send(`CALL ${number}`)[0]);
    // Two are let through before either costs anything, which is more than there is.
    const both = [call('+15550100'), call('+15550101')];
    await s.clock.advance(1500);
    const newest = alice.newest('CALL');
    for (const id of [newest - 1, newest]) alice.send(`ALTER CALL ${id} ANSWER`);
    await s.clock.advance(100);
    const third = call('+15550102');
    await s.clock.advance(2500);
    expect(bob.told(`CALL ${third} FAILUREREASON`)).toEqual(['11']);
    for (const id of both) expect([id, bob.told(`CALL ${id} FAILUREREASON`)]).toEqual([id, ['13']]);
    expect([s.office.line.calls, s.branch.line.calls]).toEqual([0, 0]);
  });
});
