import { entryOf } from '../../base/entry-of.js';
import { isDtmf } from '../api/digits.js';
import { placeCalls } from '../api/place-call.js';
import { Refusal } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import { moveFocus } from './contact-list.js';

/** Keys that have a name instead of a character (reference, "BTN_PRESSED"). */
const NAMED_KEYS: ReadonlySet<string> = new Set(['UP', 'DOWN', 'YES', 'NO', 'SKYPE', 'PAGEUP', 'PAGEDOWN']);

/** Longest number on the dial pad, in characters. */
const MOST_DIALLED = 64;

/** Checks a key of BTN_PRESSED and BTN_RELEASED. @returns the key in upper case. @throws Refusal */
export function checkKey(key: string): string {
  const upper = key.toUpperCase();
  if (/^[0-9A-Z#*+]$/.test(upper) || NAMED_KEYS.has(upper)) return upper;
  throw new Refusal('invalid-key');
}

/**
 * Releases a key in the window or tab that has the focus. In the call or the dial pad, digits are sent into the call
 * (reference, "BTN_RELEASED"), and kept while it rings. A dial pad without a call collects them. In the list of
 * contacts UP, DOWN, PAGEUP, PAGEDOWN and letters move the focus. YES is the green button: it redials or answers, or
 * else calls the number on the dial pad or the contact that has the focus. NO is the red button: it hangs up. SKYPE
 * shows the main window.
 */
export function releaseKey(services: Services, user: ExchangeUser, key: string): void {
  const active = services.calls.activeCallsOf(user);
  const { screen } = user;
  const { what } = screen.front;
  if (key === 'YES') {
    if (active.some((call) => call.redial() || call.answer())) return;
    const contact = user.parameters.get('CONTACTS_FOCUSED') ?? '';
    const target = entryOf({ DIALPAD: screen.dialled, CONTACTS: contact }, what) ?? '';
    if (target !== '') dial(services, user, target);
    return;
  }
  if (key === 'NO') {
    active.find((call) => call.attempt ?? call.takesDigits)?.hangUp();
    return;
  }
  if (key === 'SKYPE') {
    screen.showMain();
    return;
  }
  if (what === 'CONTACTS') moveFocus(services, user, key);
  if (what !== 'CALL' && what !== 'DIALPAD') return;
  const call = callForKeys(active);
  if (call) {
    if (isDtmf(key)) call.sendDigits(key);
  } else if (what === 'DIALPAD' && key.length === 1) {
    screen.dialled = (screen.dialled + key).slice(0, MOST_DIALLED);
  }
}

/** Calls a number or contact. A refusal is ignored, since the window would show it and the key has no answer. */
function dial(services: Services, user: ExchangeUser, number: string): void {
  try {
    placeCalls(services, user, { kind: 'call', targets: [number] });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function callForKeys(active: readonly UserCall[]): UserCall | undefined {
  return active.find((call) => call.conversation) ?? active.find((call) => call.takesDigits);
}
