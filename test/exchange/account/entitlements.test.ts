import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { EntitlementOptions } from '../../../src/exchange/account/entitlements.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { folder } from '../world.js';
import { accountStage } from './account-stage.js';

const HEADERS = { accept: 'application/json; ver=3.0' };
const PATH = '/users/alice/services';
const PACKAGE = 'api_300-region-landline-world-60';
/** The services of the example, which begin with the clock. */
const EXAMPLE: readonly EntitlementOptions[] = [
  { service: 'pstn' },
  { service: 'voicemail', start: '2016-01-01T00:00:00Z', end: '2036-01-01T00:00:00Z' },
  { service: 'pstn_transfer', start: '2016-01-01T00:00:00Z', end: '2016-01-01T00:00:00Z' },
  {
    service: 'package',
    package: PACKAGE,
    minutes: 60,
    title: 'World minutes for Office 365 60 mins 1 month',
    start: '2016-01-01T00:00:00Z',
    end: '2017-01-01T00:00:00Z',
    reset: '2016-02-01T00:00:00Z',
  },
];

const RATE = { rate: 10, precision: 2, currency: 'GBP' };

/** Accounts on a clock that begins with the services; a phone that answers at once and stays. */
async function entitled(services: readonly EntitlementOptions[], balance = '0', stateFolder?: string) {
  const clock = new VirtualClock(Date.UTC(2016, 0, 1));
  const phone = new RobotDestination(
    { handle: '+3725555', fullName: 'phone', network: 'PSTN' },
    { ringMs: 0, outcome: 'answer', steps: [], stay: true },
    clock,
    RATE,
  );
  const profile = { PSTN_BALANCE: balance, PSTN_BALANCE_CURRENCY: 'GBP' };
  const stage = await accountStage({
    clock,
    users: [{ handle: 'alice', profile, account: { services } }, { handle: 'bob' }, { handle: 'carol' }],
    gateway: { lineTo: () => phone },
    ...(stateFolder !== undefined && { stateFolder }),
  });
  return Object.assign(stage, { clock });
}

it('services have the documented fields, in the list and one by one', async () => {
  await using stage = await entitled(EXAMPLE);
  const always = { reset: null };
  const expected = [
    {
      active: false,
      attributes: { currency: 'GBP' },
      balance: 0,
      balanceFormatted: '£0.00',
      end: null,
      href: '/users/alice/services/pstn',
      id: 'pstn',
      service: 'pstn',
      start: null,
      ...always,
    },
    {
      active: true,
      end: '2036-01-01T00:00:00+00:00',
      href: '/users/alice/services/voicemail',
      id: 'voicemail',
      service: 'voicemail',
      start: '2016-01-01T00:00:00+00:00',
      ...always,
    },
    {
      active: true,
      end: '2016-01-01T00:00:00+00:00',
      href: '/users/alice/services/pstn_transfer',
      id: 'pstn_transfer',
      service: 'pstn_transfer',
      start: '2016-01-01T00:00:00+00:00',
      ...always,
    },
    {
      active: true,
      attributes: { monthly_minutes: 60, package: PACKAGE },
      balance: 60,
      data: {
        calling_plan: 'api_300-region-landline-world',
        href: `/offers/calling-legacy/skus/package-${PACKAGE}/subscriptions/package-${PACKAGE}-1m`,
        nameFormatted: 'World minutes for Office 365 60 mins 1 month',
      },
      end: '2017-01-01T00:00:00+00:00',
      href: `/users/alice/services/package.${PACKAGE}`,
      id: `package.${PACKAGE}`,
      quota: 60,
      reset: '2016-02-01T00:00:00+00:00',
      service: 'package',
      start: '2016-01-01T00:00:00+00:00',
    },
  ];
  expect((await stage.ask(`GET ${PATH}`, { headers: HEADERS })).body).toEqual(expected);
  for (const each of expected) {
    expect((await stage.ask(`GET ${PATH}/${each.id}`, { headers: HEADERS })).body).toEqual(each);
  }
  expect((await stage.ask(`GET ${PATH}/nothing`)).status).toBe(404);
  expect((await stage.ask(`GET ${PATH}`, { as: 'bob' })).status).toBe(403);
  expect((await stage.ask(`GET ${PATH}`, { headers: { accept: 'application/json; ver=2.0' } })).status).toBe(
    406,
  );
  expect((await stage.ask('GET /users/bob/services', { as: 'bob' })).body).toMatchObject([
    { id: 'pstn', active: false, attributes: { currency: 'EUR' }, balanceFormatted: '€0.00' },
    { id: 'voicemail', active: true, start: null },
  ]);
});

it('the voicemail service allows messages until it ends', async () => {
  await using stage = await entitled([{ service: 'voicemail', end: '2016-01-02T00:00:00Z' }]);
  const alice = stage.client('alice');
  const bob = stage.client('bob');
  const asked = () => [
    alice.send('GET PRIVILEGE VOICEMAIL')[0],
    bob.send('GET USER alice CAN_LEAVE_VM')[0],
    bob.send('CALLVOICEMAIL alice')[0]?.split(' ')[0],
  ];
  expect(asked()).toEqual(['PRIVILEGE VOICEMAIL TRUE', 'USER alice CAN_LEAVE_VM TRUE', 'CALL']);
  await stage.clock.advance(86_400_001);
  expect(asked()).toEqual(['PRIVILEGE VOICEMAIL FALSE', 'USER alice CAN_LEAVE_VM FALSE', 'ERROR']);
  expect((await stage.ask(`GET ${PATH}/voicemail`)).body.active).toBe(false);
});

it('a package pays for calls to phones minute by minute, then the balance, then the call ends', async () => {
  const stateFolder = folder();
  const services: readonly EntitlementOptions[] = [
    { service: 'pstn' },
    { service: 'package', minutes: 2, reset: '2016-02-01T00:00:00Z' },
  ];
  const left = async (stage: Awaited<ReturnType<typeof entitled>>) =>
    (await stage.ask(`GET ${PATH}/package.minutes`)).body.balance;
  {
    await using stage = await entitled(services, '15', stateFolder);
    const alice = stage.client('alice');
    alice.send('CALL +3725555');
    const id = alice.newest('CALL');
    await stage.clock.advance(30_000);
    expect(await left(stage)).toBe(1);
    await stage.clock.advance(60_000);
    expect(await left(stage)).toBe(0);
    await stage.clock.advance(60_000);
    expect(alice.told(`CALL ${id} STATUS`).at(-1)).toBe('INPROGRESS');
    // The fourth minute is paid for by nothing.
    await stage.clock.advance(60_000);
    expect(alice.told(`CALL ${id} STATUS`).at(-1)).toBe('FINISHED');
    expect(alice.told(`CALL ${id} DURATION`).at(-1)).toBe('181');
  }
  await using stage = await entitled(services, '15', stateFolder);
  expect(await left(stage)).toBe(0);
  const alice = stage.client('alice');
  alice.send('CALL +3725555');
  await stage.clock.advance(2000);
  expect(alice.told(`CALL ${alice.newest('CALL')} FAILUREREASON`)).toEqual(['13']);
  await stage.clock.advance(32 * 86_400_000);
  expect(await left(stage)).toBe(2);
  expect((await stage.ask(`GET ${PATH}/package.minutes`)).body.reset).toBe('2016-03-01T00:00:00+00:00');
});

it('without an active service no phone can be called', async () => {
  await using stage = await entitled([{ service: 'package', end: '2015-12-31T00:00:00Z' }], '5000');
  const alice = stage.client('alice');
  expect(alice.send('GET PRIVILEGE SKYPEOUT')).toEqual(['PRIVILEGE SKYPEOUT FALSE']);
  alice.send('CALL +3725555');
  await stage.clock.advance(2000);
  expect(alice.told(`CALL ${alice.newest('CALL')} STATUS`).at(-1)).toBe('FAILED');
});
