import { expect } from 'vitest';
import type { Client, World } from '../world.js';

/** Users of a stage on which lists are compared, and everybody that they know. */
export const HANDLES = ['alice', 'bob', 'Carol', 'dave'] as const;
export const OTHERS = [...HANDLES, 'echo123', '+3725555'] as const;
export type Handle = (typeof HANDLES)[number];

/** Two clients of one user, of a version before and after "Notification changes". */
export interface Seat {
  readonly handle: Handle;
  readonly clients: readonly [Client, Client];
}

export const seatsIn = (w: World): Seat[] =>
  HANDLES.map((handle) => ({ handle, clients: [w.client(handle), w.client(handle, { protocol: 6 })] }));

/** Everything that a user can ask of the others and of his groups. */
export function views(seats: readonly Seat[]): Record<string, string> {
  const ask = ({ handle, clients: [client] }: Seat, command: string) =>
    [`${handle}: ${command.slice(4)}`, client.send(command)[0]?.slice(command.length - 3) ?? ''] as const;
  return Object.fromEntries(
    seats.flatMap((seat) => [
      ...OTHERS.flatMap((other) =>
        ['BUDDYSTATUS', 'ISAUTHORIZED', 'ISBLOCKED', 'ONLINESTATUS', 'MOOD_TEXT', 'RECEIVEDAUTHREQUEST'].map(
          (property) => ask(seat, `GET USER ${other} ${property}`),
        ),
      ),
      ...groupsOf(seat).flatMap((id) =>
        ['TYPE', 'USERS', 'NROFUSERS', 'NROFUSERS_ONLINE', 'CUSTOM_GROUP_ID', 'DISPLAYNAME'].map((property) =>
          ask(seat, `GET GROUP ${id} ${property}`),
        ),
      ),
    ]),
  );
}

export const groupsOf = ({ clients: [client] }: Seat): string[] =>
  client.send('SEARCH GROUPS')[0]?.match(/\d+/g) ?? [];
const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(', ')
    .filter((each) => each !== '')
    .sort();

/** What has to be true of all lists, whatever has happened. */
export function check(seats: readonly Seat[], state: Record<string, string>): void {
  const of = (viewer: string, other: string, property: string) =>
    state[`${viewer}: USER ${other} ${property}`] ?? '';
  for (const seat of seats) {
    const {
      handle: me,
      clients: [client],
    } = seat;
    const others = OTHERS.filter((other) => other !== me);
    const where = (matches: (other: string) => boolean) => others.filter(matches).sort();
    for (const other of HANDLES.filter((each) => each !== me)) {
      const lists = ['2', '3'].includes(of(me, other, 'BUDDYSTATUS'));
      // An authorised contact has given its authorisation; a waiting one has not.
      if (lists)
        expect([me, other, of(me, other, 'BUDDYSTATUS')]).toEqual([
          me,
          other,
          of(other, me, 'ISAUTHORIZED') === 'TRUE' ? '3' : '2',
        ]);
      const sees =
        of(other, me, 'ISAUTHORIZED') === 'TRUE' &&
        of(other, me, 'ISBLOCKED') !== 'TRUE' &&
        own(seat, 'USERSTATUS') !== 'OFFLINE';
      const status = own(seats.find(({ handle }) => handle === other) as Seat, 'USERSTATUS');
      expect([me, other, of(me, other, 'ONLINESTATUS')]).toEqual([
        me,
        other,
        sees && status !== 'INVISIBLE' ? status : 'OFFLINE',
      ]);
      if (!sees) expect(of(me, other, 'MOOD_TEXT')).toBe('');
      if (of(me, other, 'RECEIVEDAUTHREQUEST') !== '') {
        expect([of(other, me, 'BUDDYSTATUS'), of(me, other, 'ISBLOCKED')]).toEqual(['2', 'FALSE']);
      }
    }
    const members = Object.fromEntries(
      groupsOf(seat).map((id) => [
        state[`${me}: GROUP ${id} TYPE`],
        listOf(state[`${me}: GROUP ${id} USERS`]),
      ]),
    );
    const buddies = where((other) => ['2', '3'].includes(of(me, other, 'BUDDYSTATUS')));
    expect(members).toMatchObject({
      ALL_FRIENDS: buddies,
      SKYPE_FRIENDS: buddies.filter((other) => !other.startsWith('+')),
      SkypeOut_FRIENDS: buddies.filter((other) => other.startsWith('+')),
      ONLINE_FRIENDS: buddies.filter(
        (other) => !['OFFLINE', 'SkypeOut'].includes(of(me, other, 'ONLINESTATUS')),
      ),
      UNKNOWN_OR_PENDINGAUTH_FRIENDS: where((other) => of(me, other, 'BUDDYSTATUS') === '2'),
      USERS_WAITING_MY_AUTHORIZATION: where((other) => of(me, other, 'RECEIVEDAUTHREQUEST') !== ''),
      USERS_BLOCKED_BY_ME: where((other) => of(me, other, 'ISBLOCKED') === 'TRUE'),
      USERS_AUTHORIZED_BY_ME: where((other) => of(me, other, 'ISAUTHORIZED') === 'TRUE'),
    });
    expect(listOf(client.send('SEARCH FRIENDS')[0]?.slice(6))).toEqual(buddies);
    for (const id of groupsOf(seat)) {
      const users = listOf(state[`${me}: GROUP ${id} USERS`]);
      expect(Number(state[`${me}: GROUP ${id} NROFUSERS`])).toBe(users.length);
      expect(new Set(users).size).toBe(users.length);
    }
  }
  checkShared(seats, state);
}

export const own = ({ clients: [client] }: Seat, parameter: string) =>
  client.send(`GET ${parameter}`)[0]?.split(' ')[1] ?? '';

/** Those who share a group agree on its name and on who is in it. */
function checkShared(seats: readonly Seat[], state: Record<string, string>): void {
  const shared = new Map<string, string[]>();
  for (const seat of seats) {
    for (const id of groupsOf(seat)) {
      const get = (property: string) => state[`${seat.handle}: GROUP ${id} ${property}`] ?? '';
      if (!get('TYPE').endsWith('SHARED_GROUP')) continue;
      const all = [...listOf(get('USERS')), seat.handle].sort().join();
      shared.set(get('CUSTOM_GROUP_ID'), [
        ...(shared.get(get('CUSTOM_GROUP_ID')) ?? []),
        `${get('DISPLAYNAME')}: ${all}`,
      ]);
    }
  }
  for (const each of shared.values()) expect(new Set(each).size).toBe(1);
}
