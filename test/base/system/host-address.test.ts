import { expect, it } from 'vitest';
import { addressesOf, isPrivateAddress, isPublicAddress } from '../../../src/base/system/host-address.js';

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::a00:1',
  '224.0.0.1',
  '255.255.255.255',
])('takes %s for a private address', (address) => expect(isPrivateAddress(address)).toBe(true));

it.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  'takes %s for a public one',
  (address) => expect(isPrivateAddress(address)).toBe(false),
);

it.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '2002:7f00:1::',
    '2001:db8::1',
    '64:ff9b::7f00:1',
    'localhost',
    '',
  ].map((address) => [address, false] as const),
] as const)('%s is public: %s', (address, is) => {
  expect(isPublicAddress(address)).toBe(is);
});

it('an address is returned as it is, and a name is looked up until the signal fires', async () => {
  const { signal } = new AbortController();
  expect(await addressesOf('[::1]', signal)).toEqual([{ address: '::1', family: 6 }]);
  expect(await addressesOf('page.test', signal, async () => ['192.0.2.1', '2001:db8::1'])).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ]);
  const stop = new AbortController();
  const asked = addressesOf('page.test', stop.signal, () => new Promise(() => undefined));
  stop.abort();
  await expect(asked).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});
