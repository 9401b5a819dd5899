import type { PropertySpec } from './spec.js';

/** The general parameters of `GET <name>` and `SET <name> <value>` (reference, "General parameters"). */
export const PARAMETERS = {
  SKYPEVERSION: { type: 'word' },
  CURRENTUSERHANDLE: { type: 'word' },
  USERSTATUS: {
    type: 'enum',
    values: ['UNKNOWN', 'ONLINE', 'OFFLINE', 'SKYPEME', 'AWAY', 'NA', 'DND', 'INVISIBLE', 'LOGGEDOUT'],
  },
  CONNSTATUS: { type: 'enum', values: ['OFFLINE', 'CONNECTING', 'PAUSING', 'ONLINE', 'LOGGEDOUT'] },
  PRIVILEGE: { type: 'text' },
  AUDIO_IN: { type: 'text' },
  AUDIO_OUT: { type: 'text' },
  MUTE: { type: 'onoff' },
  AUTOAWAY: { type: 'onoff' },
  SILENT_MODE: { type: 'onoff' },
  WINDOWSTATE: { type: 'enum', values: ['NORMAL', 'MINIMIZED', 'MAXIMIZED', 'HIDDEN'] },
} as const satisfies Record<string, PropertySpec>;
