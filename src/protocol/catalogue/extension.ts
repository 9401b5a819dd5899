import { API_3_0, type ObjectSpec } from './spec.js';

/** The MENU_ITEM object (reference, "Custom Menu Items"). */
export const MENU_ITEM = {
  note: "A client's own entry in a menu of the endpoint.",
  section: 'Custom Menu Items',
  since: API_3_0,
  id: 'string',
  errors: { get: { id: 7, what: 7 }, set: { id: 18, what: 18 }, alter: { id: 527, what: 527 } },
  properties: {
    CAPTION: { type: 'quoted', access: 'write', note: 'Its text, at most 32 characters.' },
    HINT: { type: 'quoted', access: 'write', note: 'Not used.' },
    ENABLED: { type: 'bool', access: 'write', note: 'Whether it can be clicked.' },
    CREATED: { type: 'none', access: 'notify', note: 'It was created.' },
    CLICKED: { type: 'click', access: 'notify', note: 'It was clicked, and for what.' },
  },
  actions: {},
} as const satisfies ObjectSpec;

/** The EVENT object (reference, "Skype Alert Events"). */
export const EVENT = {
  note: "A client's own entry in the list of events.",
  section: 'Skype Alert Events',
  since: API_3_0,
  id: 'string',
  errors: { get: { id: 7, what: 7 }, set: { id: 18, what: 18 }, alter: { id: 527, what: 527 } },
  properties: {
    CREATED: { type: 'none', access: 'notify', note: 'It was created.' },
    CLICKED: { type: 'none', access: 'notify', note: 'It was clicked.' },
  },
  actions: {},
} as const satisfies ObjectSpec;
