/** Statuses that others can see of somebody. */
export const SHOWN_STATUSES = ['ONLINE', 'OFFLINE', 'AWAY', 'NA', 'DND', 'SKYPEME'] as const;

/** The manner in which a robot is somebody's contact. */
export interface Manner {
  /** ONLINESTATUS, for those whom it authorises. */
  readonly status: (typeof SHOWN_STATUSES)[number];
  /** True when it says yes to those who ask for its authorisation. */
  readonly authorises: boolean;
  /** Time that it takes for that, in milliseconds. */
  readonly afterMs: number;
}

/** The manner of a robot of which nothing else is said: online, and everybody's friend at once. */
export const DEFAULT_MANNER: Manner = { status: 'ONLINE', authorises: true, afterMs: 0 };
