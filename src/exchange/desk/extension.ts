import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectOwner } from '../object/api-object.js';
import { ObjectStore } from '../object/object-store.js';

/** Kinds of objects that a client adds to the window. */
export type ExtensionName = 'MENU_ITEM' | 'EVENT';

/** Menus in which an item can be (reference, "Custom Menu Items"). */
export const MENU_CONTEXTS = ['CHAT', 'CALL', 'MYSELF', 'TOOLS', 'CONTACT'] as const;

export type MenuContext = (typeof MENU_CONTEXTS)[number];

/** Contacts for which an item of the context CONTACT can be clicked. */
export const CONTACT_FILTERS = ['skype', 'skypeout', 'all'] as const;

export type ContactFilter = (typeof CONTACT_FILTERS)[number];

/** Most menu items, and most alerts, of one client; the oldest go first. */
const LIMIT = 1000;
/** Longest and widest icon, in pixels, and its largest file. */
const ICON_PIXELS = 32;
export const MAX_ICON_BYTES = 16_384;

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Place of the width, which the height follows, in a PNG: big-endian, four bytes each. */
const PNG_WIDTH_AT = 16;

/** A menu item or an alert, as its client has made it. */
export class Extension {
  readonly object: ExtensionName;
  readonly id: string;
  readonly owner: ObjectOwner;
  /** PNG of the icon; empty for none. */
  icon: Uint8Array = new Uint8Array(0);
  readonly #parameters: Map<string, string>;

  /** @param parameters those of CREATE, checked, quoted or not. */
  constructor(
    object: ExtensionName,
    id: string,
    owner: ObjectOwner,
    parameters: Iterable<readonly [string, string]>,
  ) {
    this.object = object;
    this.id = id;
    this.owner = owner;
    this.#parameters = new Map(parameters);
  }

  /** A parameter of CREATE or SET, without its quotes; empty where it was not given. */
  text(parameter: string): string {
    return unquoted(this.#parameters.get(parameter) ?? '');
  }

  get context(): MenuContext {
    return this.text('CONTEXT').toUpperCase() as MenuContext;
  }

  get filter(): ContactFilter {
    return (this.text('CONTACT_TYPE_FILTER').toLowerCase() || 'all') as ContactFilter;
  }

  /** True when it can be clicked; otherwise it is grey. */
  get enabled(): boolean {
    return this.text('ENABLED').toUpperCase() !== 'FALSE';
  }

  change(parameter: string, value: string): void {
    this.#parameters.set(parameter, value);
  }

  /** Tells its client alone. @param what The menu that it is in; empty for an alert. */
  click(what: string): void {
    this.owner.notify(replies.property<ExtensionName>(this.object, this.id, 'CLICKED', what));
  }
}

/** Menu items and alerts of all clients. */
export type Extensions = Readonly<Record<ExtensionName, ObjectStore<ExtensionName, Extension>>>;

export function makeExtensions(): Extensions {
  return { MENU_ITEM: new ObjectStore({ limit: LIMIT }), EVENT: new ObjectStore({ limit: LIMIT }) };
}

/** Lists what the clients of one user have added to their window, oldest first for each client. */
export function extensionsOf(extensions: Extensions, object: ExtensionName, user: ExchangeUser): Extension[] {
  return extensions[object]
    .all()
    .filter(({ owner, context }) => owner.handle === user.handle && user.release.shows(object, context));
}

/** True for a PNG of at most 32 by 32 pixels (reference, "Custom Menu Items"). */
export function isIcon(bytes: Uint8Array): boolean {
  if (bytes.length < PNG_WIDTH_AT + 8 || !PNG.equals(bytes.subarray(0, PNG.length))) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [PNG_WIDTH_AT, PNG_WIDTH_AT + 4].every((at) => view.getUint32(at) <= ICON_PIXELS);
}

/** The text without the quotation marks around it. */
export function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/s, '$1');
}
