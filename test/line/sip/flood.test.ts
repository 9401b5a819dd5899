import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { EPOCH_MS } from '../../exchange/world.js';
import { turn } from '../../turns.js';
import { site, twoSites } from './line-stage.js';
import { MemoryNetwork } from './memory-network.js';
import { End } from './stage.js';

const OFFICE = { host: '10.0.0.1', port: 5060 };

/** A request of a stranger, each with a branch of its own. */
const request = (method: string, from: string, n: number, extra = '') =>
  [
    `${method} sip:branch@10.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${from}:5060;branch=z9hG4bK${from}-${n}`,
    `From: <sip:branch@10.0.0.1>;tag=${n}`,
    'To: <sip:branch@10.0.0.1>',
    `Call-ID: ${from}-${n}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:branch@${from}>`,
    `Content-Length: 0${extra}`,
    '',
    '',
  ].join('\r\n');

describe('a flood', () => {
  it.each([
    ['REGISTER, of one address', 'REGISTER', () => '10.9.0.1'],
    ['REGISTER, of a thousand addresses', 'REGISTER', (n: number) => `10.9.${n % 4}.${n % 250}`],
    ['INVITE, of one address', 'INVITE', () => '10.9.0.1'],
    ['BYE of no call, of one address', 'BYE', () => '10.9.0.1'],
  ])('of %s is dropped and counted, and no call is affected', async (_, method, from) => {
    await using s = await twoSites();
    const alice = s.office.w.client('alice');
    const bob = s.branch.w.client('bob');
    const out = idOf(alice.send('CALL +15550200')[0]);
    await s.clock.advance(1500);
    const in_ = bob.newest('CALL');
    bob.send(`ALTER CALL ${in_} ANSWER`);
    await s.clock.advance(500);
    const before = s.network.sent.length;
    for (let n = 0; n < 2000; n++) {
      const host = from(n);
      s.network.send({ host, port: 5060 }, OFFICE, request(method, host, n));
    }
    bob.send(`ALTER CALL ${in_} HOLD`);
    await s.clock.advance(500);
    const isOne = from(0) === from(1);
    // What may come at once, and what is gained until the next ones come.
    expect(s.office.line.counts.flood).toBeGreaterThanOrEqual(2000 - (isOne ? 50 : 550));
    const answers = s.network.sent.slice(before).filter((line) => /^10\.0\.0\.1 [34]/.test(line));
    expect(answers.length).toBeLessThanOrEqual(isOne ? 100 : 600);
    expect(statuses(alice, out).at(-1)).toBe('REMOTEHOLD');
    alice.send(`ALTER CALL ${out} HANGUP`);
    await s.clock.advance(500);
    expect([statuses(alice, out).at(-1), statuses(bob, in_).at(-1)]).toEqual(['FINISHED', 'FINISHED']);
    // The phone renews its registration while strangers go on.
    s.network.send({ host: '10.9.0.1', port: 5060 }, OFFICE, request(method, '10.9.0.1', 9999));
    await s.clock.advance(600_000);
    expect(s.branch.told).toEqual(['registering', 'registered', 'registered']);
    expect([...s.office.w.failures, ...s.branch.w.failures]).toEqual([]);
  });

  it('of wrong passwords is counted', async () => {
    await using s = await twoSites();
    const authorization =
      '\r\nAuthorization: Digest username="branch", realm="jackfield", nonce="x", uri="sip:x", response="y"';
    const guess = (n: number) => request('REGISTER', '10.9.0.1', n, authorization);
    for (let n = 0; n < 100; n++) s.network.send({ host: '10.9.0.1', port: 5060 }, OFFICE, guess(n));
    await s.clock.advance(500);
    expect(s.office.line.refusals.credentials).toBe(40);
    expect(s.office.line.counts.flood).toBe(60);
  });

  it('of long requests is dropped completely', async () => {
    await using s = await twoSites();
    const long = request('OPTIONS', '10.9.0.1', 1, `\r\nSubject: ${'x'.repeat(9000)}`);
    s.network.send({ host: '10.9.0.1', port: 5060 }, OFFICE, long);
    await s.clock.advance(500);
    expect(s.office.line.counts.flood).toBe(1);
  });

  it('of the trunk is limited by calls a minute, each refused with Retry-After', async () => {
    const clock = new VirtualClock(EPOCH_MS);
    const network = new MemoryNetwork(clock);
    const trunk = await End.open(network, '10.0.0.3', clock);
    const { w, line } = await site(network, clock, '10.0.0.1', {
      trunk: { uri: 'sip:10.0.0.3' },
      to: 'bob',
      limits: { callsPerMinute: 5 },
    });
    for (let n = 0; n < 50; n++) trunk.call('10.0.0.1');
    await turn();
    await clock.advance(1000);
    expect([line.refusals.limit, line.counts.flood]).toEqual([45, 0]);
    expect(trunk.told.filter((told) => told === 'refused 503')).toHaveLength(45);
    const closing = Promise.all([w[Symbol.asyncDispose](), trunk.endpoint.close()]);
    await clock.advance(3000);
    await closing;
  });
});
