import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import type { SipResolver } from '../../../src/line/sip-transport/resolve.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { EPOCH_MS } from '../../exchange/world.js';
import { driven, turn } from '../../turns.js';
import { MEDIA, site } from './line-stage.js';
import { MemoryNetwork } from './memory-network.js';
import { End } from './stage.js';
import { agreeing } from './talking-media.js';

/** Servers of one trunk: nobody at the first, the others in this order. */
const HOSTS = ['10.0.0.3', '10.0.0.4', '10.0.0.5'];
const resolver: SipResolver = {
  naptr: async () => [],
  srv: async (name) =>
    name === '_sip._udp.trunk.example.com'
      ? HOSTS.map((host, priority) => ({ priority, weight: 0, port: 5060, name: host }))
      : [],
  addresses: async () => [],
};

/** An exchange with a trunk of three servers and, for what that cannot take, another trunk. */
async function stage() {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const refuses = new Set<string>();
  const taken: string[] = [];
  const server = (host: string, status: number) =>
    End.open(network, host, clock, {
      arrives: (end, invite) => {
        taken.push(host);
        if (refuses.has(host)) invite.reject(status, { 'Retry-After': '60' });
        else void invite.answer(agreeing, end.events);
      },
    });
  const servers = await Promise.all([
    server('10.0.0.4', 503),
    server('10.0.0.5', 503),
    server('10.0.0.6', 503),
  ]);
  const { w, line } = await site(
    network,
    clock,
    '10.0.0.1',
    { trunk: { uri: 'sip:trunk.example.com' } },
    { resolver },
  );
  const other = sipLine(
    { media: MEDIA, trunk: { uri: 'sip:10.0.0.6' } },
    { transports: [network.host('10.0.0.2')] },
  );
  await driven(clock, w.exchange.addLine(other, { priority: 1 }));
  const alice = w.client('alice');
  const call = async () => {
    taken.length = 0;
    const id = idOf(alice.send('CALL +15550900')[0]);
    await clock.advance(9000);
    return id;
  };
  return {
    clock,
    alice,
    line,
    refuses,
    taken,
    call,
    [Symbol.asyncDispose]: async () => {
      await w[Symbol.asyncDispose]();
      const closing = Promise.all(servers.map(({ endpoint }) => endpoint.close()));
      await clock.advance(3000);
      await closing;
    },
  };
}

it('tries the next server of a trunk when one is silent or out of service, and then the next line', async () => {
  await using s = await stage();
  s.refuses.add('10.0.0.4');
  const first = await s.call();
  expect([s.taken, statuses(s.alice, first).at(-1)]).toEqual([['10.0.0.4', '10.0.0.5'], 'INPROGRESS']);
  s.alice.send(`ALTER CALL ${first} HANGUP`);
  // The silent server and the one that asked for a minute are not tried first.
  const second = await s.call();
  expect([s.taken, statuses(s.alice, second).at(-1)]).toEqual([['10.0.0.5'], 'INPROGRESS']);
  s.alice.send(`ALTER CALL ${second} HANGUP`);
  s.refuses.add('10.0.0.5');
  const third = await s.call();
  expect(s.taken.at(-1)).toBe('10.0.0.6');
  await s.clock.advance(10_000);
  expect(statuses(s.alice, third).at(-1)).toBe('INPROGRESS');
  s.alice.send(`ALTER CALL ${third} HANGUP`);
  s.refuses.add('10.0.0.6');
  const fourth = await s.call();
  await s.clock.advance(40_000);
  expect(statuses(s.alice, fourth).at(-1)).toBe('FAILED');
  expect(s.alice.told(`CALL ${fourth} FAILUREREASON`)).toEqual(['4']);
  expect(s.alice.told(`CALL ${fourth} PSTN_STATUS`)).toEqual(['503 Service Unavailable, try again in 60 s']);
  // A minute later the first ones are asked again.
  s.refuses.clear();
  await s.clock.advance(60_000);
  const last = await s.call();
  expect([s.taken, statuses(s.alice, last).at(-1)]).toEqual([['10.0.0.4'], 'INPROGRESS']);
});

it.each([
  ['rings', false],
  ['is silent as well', true],
])('accepts the late answer of a server while the next one %s, and calls no other', async (_, isSilent) => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const rung: string[] = [];
  const alice = await End.open(network, '10.0.0.1', clock, { resolver });
  const [first, second, third] = await Promise.all(
    HOSTS.map((host, n) =>
      End.open(network, host, clock, {
        arrives: (end, invite) => {
          rung.push(host);
          if (n === 0) void end.answer();
          else void invite.ring();
        },
      }),
    ),
  );
  network.loses = () => {
    const [from] = network.sent.at(-1)?.split(' ') ?? [];
    return (from === HOSTS[0] && clock.now() < 7000) || (from === HOSTS[1] && isSilent);
  };
  alice.call('trunk.example.com', { uri: 'sip:bob@trunk.example.com' });
  await turn();
  await clock.advance(60_000);
  expect(rung).toEqual(HOSTS.slice(0, 2));
  expect(alice.told).toEqual(isSilent ? ['answered'] : ['180', 'answered']);
  expect(second?.told).toEqual(isSilent ? [] : ['given up']);
  const ends = [alice, first, second, third].flatMap((end) => end ?? []);
  const closing = Promise.all(ends.map(({ endpoint }) => endpoint.close()));
  await turn();
  await clock.advance(60_000);
  await closing;
  expect(ends.flatMap(({ failures }) => failures)).toEqual([]);
});
