import { entryOf } from '../../base/entry-of.js';

/** Word of the messaging service for each USERSTATUS. */
const WEB_STATUS: Readonly<Record<string, string>> = {
  ONLINE: 'Online',
  SKYPEME: 'Online',
  AWAY: 'Away',
  NA: 'Away',
  DND: 'Busy',
  INVISIBLE: 'Hidden',
  OFFLINE: 'Offline',
  LOGGEDOUT: 'Offline',
};

/** Words that an endpoint can set, with the USERSTATUS of each. */
export const STATUS_WORDS = {
  Online: 'ONLINE',
  Away: 'AWAY',
  Idle: 'AWAY',
  Busy: 'DND',
  Hidden: 'INVISIBLE',
  Offline: 'OFFLINE',
} as const satisfies Readonly<Record<string, string>>;

export type StatusWord = keyof typeof STATUS_WORDS;

/** Statuses, the most available first. */
const ORDER = ['ONLINE', 'SKYPEME', 'DND', 'AWAY', 'NA', 'INVISIBLE', 'OFFLINE', 'LOGGEDOUT'];

/** The word for a status. */
export function webStatus(status: string): string {
  return entryOf(WEB_STATUS, status) ?? 'Offline';
}

/** The status of a user with several endpoints: that of the most available one. */
export function mostAvailable(statuses: readonly string[]): string {
  return [...statuses].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))[0] ?? 'OFFLINE';
}
