import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { OwnAddresses } from '../../../src/line/sip-transport/own-addresses.js';

const nic = (address: string, bits: number, internal = false) => ({
  address,
  netmask: '',
  mac: '',
  internal,
  cidr: `${address}/${bits}`,
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
});

it('the address in the network of a peer is found, and the system is asked once in ten seconds', async () => {
  let asked = 0;
  const clock = new VirtualClock();
  const own = new OwnAddresses(clock, () => {
    asked++;
    return {
      lo: [nic('127.0.0.1', 8, true)],
      eth0: [nic('192.0.2.5', 24), nic('2001:db8::5', 64)],
      eth1: asked < 2 ? [nic('10.1.2.3', 16)] : [],
    };
  });
  const peers = ['10.1.9.9', '192.0.2.77', '203.0.113.1', '2001:db8:1::1', '127.0.0.9', '::1'];
  const found = ['10.1.2.3', '192.0.2.5', '192.0.2.5', '2001:db8::5', '127.0.0.9', '::1'];
  expect([peers.map((peer) => own.towards(peer)), asked]).toEqual([found, 1]);
  await clock.advance(10_000);
  expect([own.towards('10.1.9.9'), asked]).toEqual(['192.0.2.5', 2]);
});

it('the address is loopback when the machine has no other', () => {
  const own = new OwnAddresses(new VirtualClock(), () => ({}));
  expect([own.towards('192.0.2.1'), own.towards('2001:db8::1')]).toEqual(['127.0.0.1', '::1']);
});
