/** Statuses that other users can see. */
export const SHOWN_STATUSES = ['ONLINE', 'OFFLINE', 'AWAY', 'NA', 'DND', 'SKYPEME'] as const;

/** Behaviour of a robot as a contact. */
export interface Manner {
  /** ONLINESTATUS that authorised users see. */
  readonly status: (typeof SHOWN_STATUSES)[number];
  /** True when it accepts requests for authorisation. */
  readonly authorises: boolean;
  /** Milliseconds until it accepts a request. */
  readonly afterMs: number;
}

/** Default behaviour of a robot: it is online and accepts every request at once. */
export const DEFAULT_MANNER: Manner = { status: 'ONLINE', authorises: true, afterMs: 0 };
