import { API_3_0, API_3_1, API_3_6, type Since } from './spec.js';

/** A line that an endpoint sends unasked. */
export interface NotificationSpec {
  readonly since?: Since;
  readonly note: string;
}

/**
 * Notifications that are not a property of an object, as they are written (reference, "Status notifications", and the
 * parameters that are reported when they are changed in the window). Notifications of properties are listed with their
 * objects.
 */
export const NOTIFICATIONS = {
  CALLHISTORYCHANGED: { note: 'Calls were deleted from the history. Clients must read it again.' },
  IMHISTORYCHANGED: { note: 'All chat messages were deleted. Clients must read the history again.' },
  'CONNSTATUS <status>': { note: 'The connection has changed; also sent after PROTOCOL.' },
  'CURRENTUSERHANDLE <handle>': { note: 'User who is logged in; sent after PROTOCOL.' },
  'USERSTATUS <status>': { note: "The user's own status has changed; also sent after PROTOCOL." },
  'CONTACTS FOCUSED [<handle>]': {
    since: API_3_1,
    note: 'The focus of the contact list has moved; none when it was lost.',
  },
  'UI_LANGUAGE <iso2>': { since: API_3_0, note: 'The window has another language.' },
  'WALLPAPER [<path>]': { since: API_3_0, note: 'The window has another wallpaper, or none.' },
  'SILENT_MODE OFF': { since: API_3_0, note: 'The user has turned silent mode off, or on.' },
  'WINDOWSTATE <state>': { since: API_3_6, note: 'The main window has changed, also by FOCUS and MINIMIZE.' },
} as const satisfies Record<string, NotificationSpec>;
