import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectOwner } from '../object/api-object.js';
import { ObjectStore } from '../object/object-store.js';

/** Kinds of objects that a client adds to the window. */
export type ExtensionName = 'MENU_ITEM' | 'EVENT';

/** Menus that can contain an item (reference, "Custom Menu Items"). */
export const MENU_CONTEXTS = ['CHAT', 'CALL', 'MYSELF', 'TOOLS', 'CONTACT'] as const;

export type MenuContext = (typeof MENU_CONTEXTS)[number];

/** Contacts for which an item of the context CONTACT can be clicked. */
export const CONTACT_FILTERS = ['skype', 'skypeout', 'all'] as const;

export type ContactFilter = (typeof CONTACT_FILTERS)[number];

/** Most menu items, and most alerts, of one client. The oldest are removed first. */
const LIMIT = 1000;
/** Largest width and height of an icon, in pixels, and largest size of its file. */
const ICON_PIXELS = 32;
export const MAX_ICON_BYTES = 16_384;

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Offset of the width in a PNG. The height follows it; both are big-endian, four bytes each. */
const PNG_WIDTH_AT = 16;

/** A menu item or an alert of a client. */
export class Extension {
  readonly object: ExtensionName;
  readonly id: string;
  readonly owner: ObjectOwner;
  /** PNG of the icon; empty for none. */
  icon: Uint8Array = new Uint8Array(0);
  readonly #parameters: Map<string, string>;

  /** @param parameters Checked parameters of CREATE, with or without quotes. */
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

  /** Gives a parameter of CREATE or SET without its quotes; empty if not given. */
  text(parameter: string): string {
    return unquoted(this.#parameters.get(parameter) ?? '');
  }

  get context(): MenuContext {
    return this.text('CONTEXT').toUpperCase() as MenuContext;
  }

  get filter(): ContactFilter {
    return (this.text('CONTACT_TYPE_FILTER').toLowerCase() || 'all') as ContactFilter;
  }

  /** True when it can be clicked. Otherwise it is grey. */
  get enabled(): boolean {
    return this.text('ENABLED').toUpperCase() !== 'FALSE';
  }

  change(parameter: string, value: string): void {
    this.#parameters.set(parameter, value);
  }

  /** Notifies its client of a click. @param what Menu that contains it; empty for an alert. */
  click(what: string): void {
    this.owner.notify(replies.property<ExtensionName>(this.object, this.id, 'CLICKED', what));
  }
}

/** Menu items and alerts of all clients. */
export type Extensions = Readonly<Record<ExtensionName, ObjectStore<ExtensionName, Extension>>>;

export function makeExtensions(): Extensions {
  return { MENU_ITEM: new ObjectStore({ limit: LIMIT }), EVENT: new ObjectStore({ limit: LIMIT }) };
}

/** Lists the menu items or alerts that one user's clients have added, oldest first for each client. */
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

/** Gives the text without the quotation marks around it. */
export function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/s, '$1');
}
