import { entryOf } from '../../base/entry-of.js';
import { type TargetSpec, WINDOWS } from '../../protocol/catalogue/windows.js';
import type { CloseCommand, OpenCommand } from '../../protocol/message.js';
import { splitList } from '../../protocol/scanner.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { sameHandle } from '../chats/chat.js';
import type { ScreenWindow } from '../desk/screen.js';
import type { ExchangeUser } from '../exchange-user.js';
import { openVoicemail } from '../kind/voicemail-kind.js';
import type { Asking } from '../object/object-kind.js';
import { standStill } from '../stand-still.js';
import { errorReply, Refusal } from './refusal.js';
import type { Services } from './services.js';

/** Most contacts that a file can be sent to at once. */
const MOST_RECIPIENTS = 10;

/**
 * Checks the argument of a window and carries out its action. Asynchronous when the check needs the disk.
 *
 * @returns the opened window, when it differs from the requested one.
 * @throws Refusal
 */
type Opener = (asking: Asking, argument: string) => Opened | Promise<Opened>;
// biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to return.
type Opened = ScreenWindow | void;

/** Windows that check their argument. */
const OPENERS: Readonly<Partial<Record<keyof typeof WINDOWS, Opener>>> = {
  ADDAFRIEND: (_asking, handle) => {
    if (handle !== '') checkContact(handle);
  },
  IM: openMessage,
  CHAT: openChat,
  VOICEMAIL: openVoicemail,
  USERINFO: (_asking, handle) => checkContact(handle),
  AUTHORIZATION({ user }, handle) {
    checkContact(handle);
    if (user.isContact(handle)) throw new Refusal('already-authorised');
  },
  SENDCONTACTS: (_asking, argument) => checkContacts(argument.split(/[\s,]+/)),
  FILETRANSFER: openFileTransfer,
};

/**
 * Carries out `OPEN <what> [<argument>]`: opens a window in front of the others. Resolves, or returns, when it is open.
 *
 * @throws Refusal for an unknown window, or an argument that it does not take.
 */
export function openWindow(asking: Asking, { what, argument }: OpenCommand): void | Promise<void> {
  const name = what.toUpperCase();
  const spec = entryOf<TargetSpec>(WINDOWS, name);
  if (!spec || (spec.argument === undefined && argument !== '')) throw new Refusal('open-what');
  const open = (opened: Opened) => {
    const gone = asking.user.screen.open(opened ?? { what: name, argument });
    if (gone) windowClosed(asking.services, asking.user, gone);
  };
  const checked = entryOf(OPENERS, name)?.(asking, argument);
  if (checked instanceof Promise) return checked.then(open);
  open(checked);
}

/** Carries out `CLOSE <what> [<argument>]`: closes a window, if it is open. @throws Refusal for an unknown window. */
export function closeWindow({ services, user }: Asking, { what, argument }: CloseCommand): void {
  const name = what.toUpperCase();
  if (!entryOf<TargetSpec>(WINDOWS, name)) throw new Refusal('close-what');
  for (const closed of user.screen.close(name, argument || undefined)) windowClosed(services, user, closed);
}

/** Handles a closed window. Clients are notified when it was that of a chat. */
export function windowClosed(
  { chats }: Services,
  user: ExchangeUser,
  { what, argument }: ScreenWindow,
): void {
  const view = what === 'CHAT' ? chats.find(user, argument) : undefined;
  if (view) chats.setOpen(view, false);
}

/** Opens the chat window for `<handle> [<text>]`. */
function openMessage({ services, user }: Asking, argument: string): Promise<ScreenWindow> {
  const [handle = ''] = argument.split(' ', 1);
  checkContact(handle);
  if (sameHandle(handle, user.handle)) throw new Refusal('invalid-handle');
  const view = services.chats.dialog(user, phoneNumber(handle) ?? handle);
  services.chats.setOpen(view, true);
  const text = argument.slice(handle.length + 1);
  // Notifications of a new chat precede the answer (reference, example of "OPEN IM").
  return Promise.resolve({ what: 'CHAT', argument: view.chat.name, text });
}

function openChat({ services, user }: Asking, name: string): void {
  const view = services.chats.find(user, name);
  if (!view) throw new Refusal('invalid-chat');
  services.chats.setOpen(view, true);
}

/** Checks `<handle>[, <handle>]* [IN <folder>]` (reference, "OPEN FILETRANSFER"). */
function openFileTransfer({ services, user }: Asking, argument: string): undefined | Promise<void> {
  const padded = ` ${argument} `;
  const at = padded.search(/\sIN\s/i);
  const names = at < 0 ? argument : padded.slice(0, at);
  const folder = padded.slice(at + ' IN '.length).trim();
  const handles = splitList(names);
  checkContacts(handles);
  if (handles.length > MOST_RECIPIENTS) throw new Refusal('too-many-recipients');
  if (!handles.every((handle) => user.isContact(handle))) {
    throw new Refusal(errorReply('user-not-contact', 'user not contact'));
  }
  if (at < 0) return undefined;
  if (folder === '') throw new Refusal('no-such-folder');
  const found = services.files.lookForFolder(folder).catch(() => {
    throw new Refusal('no-such-folder');
  });
  return standStill(services.clock, found);
}

function checkContacts(handles: readonly string[]): void {
  if (handles.every((handle) => handle === '')) throw new Refusal('empty-target');
  for (const handle of handles) checkContact(handle);
}

function checkContact(handle: string): void {
  if (!isHandle(handle) && phoneNumber(handle) === undefined) throw new Refusal('invalid-handle');
}
