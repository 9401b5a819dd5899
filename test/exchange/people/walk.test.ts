import fc from 'fast-check';
import { expect, it } from 'vitest';
import { folder, world } from '../world.js';
import {
  check,
  groupsOf,
  HANDLES,
  type Handle,
  OTHERS,
  own,
  type Seat,
  seatsIn,
  views,
} from './agreement.js';
import { hardwiredOf } from './groups-stage.js';

const STATUSES = ['ONLINE', 'AWAY', 'INVISIBLE', 'OFFLINE'] as const;

/** A command of somebody; `<group>` stands for the id of a group, anybody's. */
type Step = readonly [handle: Handle, command: string, group: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom(...HANDLES),
  fc.oneof(
    ...[
      'BUDDYSTATUS 2 let me in',
      'BUDDYSTATUS 1',
      'ISAUTHORIZED TRUE',
      'ISAUTHORIZED FALSE',
      'ISBLOCKED TRUE',
      'ISBLOCKED FALSE',
    ].map((change) => fc.constantFrom(...OTHERS).map((other) => `SET USER ${other} ${change}`)),
    fc.constantFrom(...STATUSES).map((status) => `SET USERSTATUS ${status}`),
    fc.constantFrom('busy', 'idle').map((mood) => `SET PROFILE MOOD_TEXT ${mood}`),
    fc.constantFrom('CREATE GROUP Band', 'DELETE GROUP <group>', 'ALTER GROUP <group> ACCEPT'),
    fc.constantFrom('ALTER GROUP <group> DECLINE', 'ALTER GROUP <group> SHARE join', 'SEARCH GROUPS'),
    fc
      .tuple(fc.constantFrom('ADDUSER', 'REMOVEUSER'), fc.constantFrom(...OTHERS))
      .map(([what, other]) => `ALTER GROUP <group> ${what} ${other}`),
  ),
  fc.nat(),
);

/** A group that three share, as most walks would never come to one. */
const PRELUDE: readonly Step[] = [
  ['alice', 'CREATE GROUP Band', 0],
  ['alice', 'ALTER GROUP <group> ADDUSER bob', 0],
  ['alice', 'ALTER GROUP <group> ADDUSER Carol', 0],
  ['alice', 'ALTER GROUP <group> SHARE', 0],
  ['bob', 'ALTER GROUP <group> ACCEPT', 1],
];

/** Properties that a client knows from notifications alone. */
const TOLD =
  /^(USER \S+ (BUDDYSTATUS|ISAUTHORIZED|ISBLOCKED|RECEIVEDAUTHREQUEST|ONLINESTATUS|MOOD_TEXT)|GROUP \d+ (TYPE|NROFUSERS|DISPLAYNAME))$/;

/** The values that the clients of a user have been told of, by client. */
type Known = readonly [Map<string, string>, Map<string, string>];

/** Each client knows what it would get, and was told nothing that its user must not see. */
function checkTold(
  seat: Seat,
  state: Record<string, string>,
  told: readonly (readonly string[])[],
  known: Known,
): void {
  const of = (what: string) => state[`${seat.handle}: ${what}`];
  const offline = own(seat, 'USERSTATUS') === 'OFFLINE';
  for (const [index, values] of known.entries()) {
    for (const line of told[index] ?? []) {
      const [, what = '', value = ''] = /^((?:USER|GROUP) \S+ [A-Z_]+) (.*)$/.exec(line) ?? [];
      if (TOLD.test(what)) values.set(what, value);
      const [, other = '', property = ''] = what.split(' ');
      const isGuarded = ['ONLINESTATUS', 'MOOD_TEXT'].includes(property) && other !== seat.handle;
      const isNews = isGuarded && !['', 'OFFLINE', 'SkypeOut'].includes(value);
      if (isNews && HANDLES.some((each) => each === other))
        expect(`${line}: ${of(what)}`).toBe(`${line}: ${value}`);
    }
    if (offline) continue;
    for (const key of Object.keys(state)) {
      const [who = '', what = ''] = key.split(': ');
      if (who !== seat.handle || !TOLD.test(what)) continue;
      // Those who are in no list are not followed.
      const isFollowed = ['2', '3'].includes(of(`USER ${what.split(' ')[1]} BUDDYSTATUS`) ?? '');
      const isKnown = !/ONLINESTATUS|MOOD_TEXT/.test(what) || isFollowed;
      if (isKnown) expect([seat.handle, what, values.get(what) ?? '']).toEqual([seat.handle, what, of(what)]);
      else values.set(what, of(what) ?? '');
    }
  }
}

async function walk(steps: readonly Step[]): Promise<void> {
  const stateFolder = folder();
  const users = HANDLES.map((handle) => ({
    handle,
    contacts: handle === 'dave' ? [] : ['alice', 'bob', 'Carol'].filter((other) => other !== handle),
  }));
  let before: Record<string, string> = {};
  {
    await using w = await world({ users, stateFolder });
    const seats = seatsIn(w);
    for (const { clients } of seats) hardwiredOf(clients[0]);
    const start = views(seats);
    const known = seats.map(({ handle }) => {
      const own = Object.entries(start).filter(([key]) => key.startsWith(`${handle}: `));
      const values = own.map(([key, value]) => [key.slice(handle.length + 2), value] as const);
      return [new Map(values), new Map(values)] as const;
    });
    for (const [handle, command, group] of [...PRELUDE, ...steps]) {
      for (const { clients } of seats) for (const client of clients) client.fresh();
      const ids = seats.flatMap((seat) => groupsOf(seat).slice(11));
      const seat = seats.find((each) => each.handle === handle) as Seat;
      for (const { clients } of seats) for (const client of clients) client.fresh();
      seat.clients[0].send(command.replace('<group>', ids[group % Math.max(1, ids.length)] ?? '1'));
      await w.clock.advance(0);
      const told = seats.map(({ clients }) => clients.map((client) => client.fresh()));
      const state = views(seats);
      check(seats, state);
      for (const [index, each] of seats.entries())
        checkTold(each, state, told[index] ?? [], known[index] ?? [new Map(), new Map()]);
    }
    before = views(seats);
    expect(w.failures).toEqual([]);
  }
  await using w = await world({ users, stateFolder });
  const seats = seatsIn(w);
  const after = views(seats);
  check(seats, after);
  // Everybody is online again; hardwired groups have new ids.
  const lasting = (state: Record<string, string>) =>
    Object.fromEntries(Object.entries(state).filter(([key]) => /BUDDYSTATUS|IS[AB]|RECEIVED/.test(key)));
  expect(lasting(after)).toEqual(lasting(before));
}

it('lists, groups, statuses and counts agree for all users, for any commands', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), walk), { numRuns: 5 });
});
