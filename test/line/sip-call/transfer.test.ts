import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { SipLineOptions } from '../../../src/line/sip/sip-line-options.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { EPOCH_MS } from '../../exchange/world.js';
import { MEDIA, site } from '../sip/line-stage.js';
import { MemoryNetwork } from '../sip/memory-network.js';
import { End } from '../sip/stage.js';
import { agreeing } from '../sip/talking-media.js';

/** Alice talks to somebody at the trunk, who answers every call. */
async function talking(options: Partial<SipLineOptions> = {}) {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const notified: string[] = [];
  const calls: { uri: string; ended: string }[] = [];
  const trunk = await End.open(network, '10.0.0.3', clock, {
    arrives: async (end, invite) => {
      const call = { uri: invite.request.uri, ended: '' };
      calls.push(call);
      end.session ??= invite.session;
      await invite.answer(agreeing, {
        ended: ({ by }) => {
          call.ended = by;
        },
        notified: ({ body }) => void notified.push(body.toString().trim()),
      });
    },
  });
  const { w, line } = await site(network, clock, '10.0.0.1', {
    trunk: { uri: 'sip:10.0.0.3' },
    to: 'bob',
    ...options,
  });
  const alice = w.client('alice');
  const id = idOf(alice.send('CALL +15550900')[0]);
  await clock.advance(1500);
  return {
    clock,
    network,
    trunk,
    calls,
    notified,
    w,
    alice,
    id,
    line,
    [Symbol.asyncDispose]: async () => {
      await w[Symbol.asyncDispose]();
      const closing = trunk.endpoint.close();
      await clock.advance(3000);
      await closing;
    },
  };
}

describe('a phone that transfers a call', () => {
  it('blind: the call goes on with the new number, and the first one is ended', async () => {
    await using s = await talking();
    const status = s.trunk.session?.refer('sip:+15550901@10.0.0.1');
    await s.clock.advance(2000);
    expect(await status).toBe(202);
    expect(s.calls).toEqual([
      { uri: 'sip:+15550900@10.0.0.3', ended: 'remote' },
      { uri: 'sip:+15550901@10.0.0.3', ended: '' },
    ]);
    expect(s.notified).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    expect(statuses(s.alice, s.id).at(-1)).toBe('INPROGRESS');
    s.alice.send(`ALTER CALL ${s.id} HANGUP`);
    await s.clock.advance(500);
    expect([s.calls[1]?.ended, s.line.calls]).toEqual(['remote', 0]);
  });

  it('may hang up straight after its REFER', async () => {
    await using s = await talking();
    void s.trunk.session?.refer('sip:+15550901@10.0.0.1');
    await s.clock.advance(15);
    void s.trunk.session?.end();
    await s.clock.advance(2000);
    expect(statuses(s.alice, s.id).at(-1)).toBe('FINISHED');
    expect([s.line.calls, s.trunk.endpoint.sessions]).toEqual([0, []]);
  });

  it.each([
    ['a number that is barred', { limits: { barred: ['+15550901'] } }, 'sip:+15550901@10.0.0.1', 403],
    ['a stranger’s host', {}, 'sip:someone@203.0.113.9', 403],
    [
      'a number of the trunk that is barred, with a header that replaces no call',
      { limits: { barred: ['+15550901'] } },
      'sip:+15550901@10.0.0.3?X=1',
      403,
    ],
    ['where transfers are off', { transfers: false }, 'sip:+15550901@10.0.0.1', 603],
  ])('is refused for %s', async (_, options, target, expected) => {
    await using s = await talking(options);
    const status = s.trunk.session?.refer(target);
    await s.clock.advance(500);
    expect(await status).toBe(expected);
    expect([s.calls.length, statuses(s.alice, s.id).at(-1)]).toEqual([1, 'INPROGRESS']);
  });

  it('attended: another phone takes the place of the first one (Replaces)', async () => {
    await using s = await talking();
    const dialog = s.trunk.session?.dialog;
    s.trunk.call('10.0.0.1', {
      media: agreeing,
      headers: { Replaces: `${dialog?.callId};to-tag=${dialog?.remoteTag};from-tag=${dialog?.localTag}` },
    });
    await s.clock.advance(1000);
    expect(s.trunk.told).toEqual(['answered']);
    expect(s.calls).toEqual([{ uri: 'sip:+15550900@10.0.0.3', ended: 'remote' }]);
    expect(statuses(s.alice, s.id).at(-1)).toBe('INPROGRESS');
    s.alice.send(`ALTER CALL ${s.id} HANGUP`);
    await s.clock.advance(500);
    expect([s.trunk.told.at(-1), s.line.calls]).toEqual(['ended remote', 0]);
  });

  it.each([
    ['a dear number, and is cut off when that costs too much', [0, 30], 'FAILED'],
    ['a number that is free, and costs nothing any more', [30, 0], 'INPROGRESS'],
  ] as const)('is transferred to %s', async (_, rates, expected) => {
    const tariff = { precision: 2, currency: 'EUR' };
    const tariffs = rates.map((rate, n) => ({ ...tariff, prefix: `+1555090${n}`, rate }));
    // Nothing is heard here, which ends no call.
    const media = { ...MEDIA, timeoutSeconds: 0 };
    await using s = await talking({ limits: { costPerDay: 0.5 }, tariffs, media });
    const status = s.trunk.session?.refer('sip:+15550901@10.0.0.1');
    await s.clock.advance(2000);
    expect([await status, statuses(s.alice, s.id).at(-1)]).toEqual([202, 'INPROGRESS']);
    await s.clock.advance(200_000);
    expect(statuses(s.alice, s.id).at(-1)).toBe(expected);
  });

  it.each(['alice', 'bob'] as const)(
    'attended: the other ends of its two calls are connected to each other until %s hangs up',
    async (hangsUp) => {
      await using s = await talking();
      const first = s.trunk.session;
      const bob = s.w.client('bob');
      s.trunk.call('10.0.0.1', { media: agreeing });
      await s.clock.advance(1000);
      const arrived = bob.newest('CALL');
      bob.send(`ALTER CALL ${arrived} ANSWER`);
      await s.clock.advance(500);
      const second = s.trunk.session;
      expect([s.trunk.told.at(-1), s.line.calls]).toEqual(['answered', 2]);
      const { callId = '', localTag = '', remoteTag = '' } = second?.dialog ?? {};
      const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
      const status = first?.refer(`sip:bob@10.0.0.1?Replaces=${replaces}`);
      await s.clock.advance(1000);
      expect([await status, s.notified]).toEqual([202, ['SIP/2.0 200 OK']]);
      expect([s.calls[0]?.ended, s.trunk.told.at(-1)]).toEqual(['remote', 'ended remote']);
      const last = () => [statuses(s.alice, s.id).at(-1), statuses(bob, arrived).at(-1)];
      expect(last()).toEqual(['INPROGRESS', 'INPROGRESS']);
      bob.send(`ALTER CALL ${arrived} HOLD`);
      await s.clock.advance(100);
      expect(last()).toEqual(['REMOTEHOLD', 'LOCALHOLD']);
      bob.send(`ALTER CALL ${arrived} RESUME`);
      s.alice.send(`SET CALL ${s.id} DTMF 5`);
      await s.clock.advance(1000);
      expect([last(), bob.told(`CALL ${arrived} DTMF`)]).toEqual([['INPROGRESS', 'INPROGRESS'], ['5']]);
      if (hangsUp === 'alice') s.alice.send(`ALTER CALL ${s.id} HANGUP`);
      else bob.send(`ALTER CALL ${arrived} HANGUP`);
      await s.clock.advance(500);
      expect([last(), s.line.calls]).toEqual([['FINISHED', 'FINISHED'], 0]);
    },
  );

  it('cannot replace an unknown call', async () => {
    await using s = await talking();
    s.trunk.call('10.0.0.1', { media: agreeing, headers: { Replaces: 'x;to-tag=1;from-tag=2' } });
    await s.clock.advance(1000);
    expect(s.trunk.told).toEqual(['refused 481']);
  });
});

describe('headers of an incoming call', () => {
  it('name the caller, and the forwarder of the call', async () => {
    await using s = await talking();
    const bob = s.w.client('bob');
    const told: unknown[] = [];
    s.line.on('call', (call) => told.push(call));
    s.trunk.call('10.0.0.1', {
      media: agreeing,
      fromName: 'Somebody',
      headers: {
        'P-Asserted-Identity': '<sip:+15550777@10.0.0.3>',
        Diversion: '<sip:+15550778@10.0.0.3>;reason=no-answer',
      },
    });
    await s.clock.advance(1500);
    expect(told).toMatchObject([
      { direction: 'in', partner: { handle: '+15550777', fullName: 'Somebody', network: 'PSTN' } },
    ]);
    const id = bob.newest('CALL');
    expect(bob.send(`GET CALL ${id} FORWARDED_BY`)).toEqual([`CALL ${id} FORWARDED_BY +15550778`]);
  });
});
