import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import type { SipLineOptions } from '../../../src/line/sip/sip-line-options.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { EPOCH_MS } from '../../exchange/world.js';
import { turn } from '../../turns.js';
import { site } from './line-stage.js';
import { MemoryNetwork } from './memory-network.js';
import { End } from './stage.js';
import { agreeing } from './talking-media.js';

/** An exchange with a trunk that answers every call, and keeps its headers. */
async function stage(options: Partial<SipLineOptions> = {}, parts: Parameters<typeof site>[4] = {}) {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const invites: (readonly (readonly [string, string])[])[] = [];
  const trunk = await End.open(network, '10.0.0.3', clock, {
    arrives: (end, invite) => {
      invites.push([...invite.request.headers]);
      void invite.answer(agreeing, end.events);
    },
  });
  const { w, line } = await site(
    network,
    clock,
    '10.0.0.1',
    { trunk: { uri: 'sip:10.0.0.3' }, to: 'bob', ...options },
    parts,
  );
  return {
    clock,
    trunk,
    invites,
    w,
    line,
    /** Has the trunk call bob. */
    called: async (headers: Readonly<Record<string, string>>) => {
      trunk.call('10.0.0.1', { media: agreeing, headers });
      await turn();
      await clock.advance(1500);
    },
    [Symbol.asyncDispose]: async () => {
      await w[Symbol.asyncDispose]();
      const closing = trunk.endpoint.close();
      await clock.advance(3000);
      await closing;
    },
  };
}

describe('an incoming call', () => {
  it('shows clients the text of a header as its SUBJECT, and events of the line the kept headers', async () => {
    await using s = await stage({ subject: 'X-Account', kept: ['X-Account', 'X-Queue', 'X-None'] });
    const told: unknown[] = [];
    s.line.on('call', ({ headers }) => told.push(headers));
    const bob = s.w.client('bob');
    await s.called({ 'x-account': '17 <Z\xc3\xbcrich>; \xff', 'X-QUEUE': 'sales' });
    await s.called({ 'X-Account': 'Z\xc3\xbcrich' });
    const id = bob.newest('CALL');
    expect(bob.send(`GET CALL ${id} SUBJECT`)).toEqual([`CALL ${id} SUBJECT Zürich`]);
    expect(told).toEqual([
      { 'X-Account': '17 <Z\xc3\xbcrich>; \xff', 'X-Queue': 'sales' },
      { 'X-Account': 'Zürich' },
    ]);
  });

  it.each([
    ['Diversion', { Diversion: '"Bob" <sip:+15550778@10.0.0.3>;reason=no-answer' }, '+15550778'],
    [
      'History-Info',
      {
        'History-Info':
          '<sip:+15550779@10.0.0.3?Reason=SIP%3Bcause%3D302>;index=1, <sip:bob@10.0.0.1>;index=1.1',
      },
      '+15550779',
    ],
    ['none of them', {}, ''],
  ])(
    'takes the forwarder from %s, and the caller from P-Asserted-Identity',
    async (_, headers, forwarder) => {
      await using s = await stage();
      const bob = s.w.client('bob');
      await s.called({
        'P-Asserted-Identity': '"Ann" <sip:+15550777@10.0.0.3>, <tel:+15550777>',
        ...headers,
      });
      const id = bob.newest('CALL');
      const get = (property: string) =>
        bob.send(`GET CALL ${id} ${property}`)[0]?.replace(`CALL ${id} ${property}`, '').trim();
      expect([get('PARTNER_HANDLE'), get('PARTNER_DISPNAME'), get('FORWARDED_BY')]).toEqual([
        '+15550777',
        'Ann',
        forwarder === '' ? expect.stringMatching(/^(?:|\?)$/) : forwarder,
      ]);
    },
  );
});

describe('an outgoing call', () => {
  it('has the headers of the line and its own, and names the caller', async () => {
    await using s = await stage(
      { headers: { 'X-Site': 'Zürich' }, asserted: true, diversion: true, caller: '+15550500' },
      { headersFor: ({ caller, number }) => ({ 'X-Account': `${caller} ${number}` }) },
    );
    const alice = s.w.client('alice');
    const id = idOf(alice.send('CALL +15550900')[0]);
    await s.clock.advance(1500);
    expect(statuses(alice, id).at(-1)).toBe('INPROGRESS');
    const found = Object.fromEntries(s.invites[0] ?? []);
    expect(found).toMatchObject({
      'x-site': 'Z\xc3\xbcrich',
      'x-account': 'alice +15550900',
      'P-Asserted-Identity': '<sip:+15550500@10.0.0.3>',
    });
    expect(found['From']).toMatch(/<sip:\+15550500@10\.0\.0\.3>/);
  });

  it.each([
    ['a name that is none', { 'X Account': 'x' }],
    ['a header that the call needs', { 'Call-ID': 'x' }],
    ['the short form of one', { f: 'sip:x@y' }],
    ['a line break', { 'X-Account': 'a\r\nVia: evil' }],
  ])('fails with %s', async (_, headers) => {
    await using s = await stage({}, { headersFor: () => headers });
    const alice = s.w.client('alice');
    const id = idOf(alice.send('CALL +15550900')[0]);
    await s.clock.advance(1500);
    expect(statuses(alice, id).at(-1)).toBe('FAILED');
    expect([s.invites, s.line.calls, s.w.failures.length]).toEqual([[], 0, 1]);
    expect(() => sipLine({ trunk: { uri: 'sip:10.0.0.3' }, headers })).toThrow(/headers/);
    s.w.failures.length = 0;
  });
});
