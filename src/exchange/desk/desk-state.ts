import type { Services } from '../api/services.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type DeskTransfer, deskTransfers } from './desk-files.js';
import { type ContactFilter, type Extension, extensionsOf, type MenuContext } from './extension.js';
import type { DeskQuestion, ScreenWindow } from './screen.js';

/** A call as the window shows it. */
export interface DeskCall {
  /** Number of the CALL object. */
  readonly id: number;
  readonly partner: string;
  readonly partnerName: string;
  readonly direction: 'INCOMING' | 'OUTGOING';
  /** True while it rings here and can be answered. */
  readonly rings: boolean;
  readonly status: string;
  readonly seconds: number;
}

/** A menu item of a client. */
export interface DeskMenuItem {
  readonly id: string;
  /** Name that the client gave itself; empty if it gave none. */
  readonly program: string;
  /** Menu that contains it. */
  readonly context: MenuContext;
  readonly caption: string;
  readonly hint: string;
  /** False when it is grey. */
  readonly enabled: boolean;
  /** Contacts for which it can be clicked, in the menu CONTACT. */
  readonly contacts: ContactFilter;
  /** PNG of at most 32 by 32 pixels in base64; empty for none. */
  readonly icon: string;
}

/** An alert of a client. */
export interface DeskAlert {
  readonly id: string;
  /** Name that the client gave itself; empty if it gave none. */
  readonly program: string;
  readonly caption: string;
  readonly hint: string;
}

/** Everything that a user's Skype shows. A part that has changed is a new object. */
export interface DeskState {
  readonly handle: string;
  readonly fullName: string;
  /** USERSTATUS. */
  readonly status: string;
  /** WINDOWSTATE of the main window. */
  readonly windowState: string;
  /** The visible tab of the main window, then the other windows, newest last. */
  readonly windows: readonly ScreenWindow[];
  /** The window or tab that has the focus. */
  readonly front: ScreenWindow;
  /** Handle of the contact that has the focus; empty for none. */
  readonly contact: string;
  /** Number entered on the dial pad. */
  readonly dialled: string;
  /** Calls in progress. */
  readonly calls: readonly DeskCall[];
  /** File transfers in progress. */
  readonly transfers: readonly DeskTransfer[];
  /** True while the microphone is muted. */
  readonly muted: boolean;
  /** UI_LANGUAGE. */
  readonly language: string;
  /** Path of the wallpaper; empty for none. */
  readonly wallpaper: string;
  /** True in silent mode. */
  readonly silent: boolean;
  /** Questions that wait for an answer. */
  readonly questions: readonly DeskQuestion[];
  /** Menu items of clients. */
  readonly menu: readonly DeskMenuItem[];
  /** Alerts of clients. */
  readonly alerts: readonly DeskAlert[];
}

/** Gives the present state of the window of `user`. */
export function deskState(services: Services, user: ExchangeUser): DeskState {
  const { calls, extensions } = services;
  const parameter = (name: Parameters<typeof user.parameters.get>[0]) => user.parameters.get(name) ?? '';
  return {
    handle: user.handle,
    fullName: user.fullName,
    status: parameter('USERSTATUS'),
    windowState: parameter('WINDOWSTATE'),
    windows: user.screen.windows,
    front: user.screen.front,
    contact: parameter('CONTACTS_FOCUSED'),
    dialled: user.screen.dialled,
    calls: calls.activeCallsOf(user).map(shown),
    transfers: deskTransfers(services, user),
    muted: parameter('MUTE') === 'ON',
    language: parameter('UI_LANGUAGE'),
    wallpaper: parameter('WALLPAPER'),
    silent: parameter('SILENT_MODE') === 'ON',
    questions: user.screen.questions,
    menu: extensionsOf(extensions, 'MENU_ITEM', user).map(menuItem),
    alerts: extensionsOf(extensions, 'EVENT', user).map(alert),
  };
}

/** Gives the parts of `now` that differ from `before`. */
export function changesOf(before: DeskState, now: DeskState): Partial<DeskState> {
  const parts = Object.entries(now) as [keyof DeskState, unknown][];
  const said = new Map<string, unknown>(Object.entries(before));
  return Object.fromEntries(
    parts.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(said.get(name))),
  ) as Partial<DeskState>;
}

function menuItem(item: Extension): DeskMenuItem {
  const { context, enabled, filter: contacts, icon } = item;
  return { ...alert(item), context, enabled, contacts, icon: Buffer.from(icon).toString('base64') };
}

function alert(item: Extension): DeskAlert {
  const { id, owner } = item;
  return { id, program: owner.name ?? '', caption: item.text('CAPTION'), hint: item.text('HINT') };
}

function shown(call: UserCall): DeskCall {
  const { id, partner, direction, attempt, status, object } = call;
  return {
    id,
    partner: partner.handle,
    partnerName: partner.fullName,
    direction,
    rings: attempt !== undefined,
    status,
    seconds: Number(object.get('DURATION') ?? 0),
  };
}
