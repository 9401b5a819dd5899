import { completeNumber } from '../../switch/dialer.js';
import { type Identity, phoneIdentity, phoneNumber } from '../../switch/identity.js';
import { readAddress, readUri, type SipAddress } from './address.js';
import type { SipHeaders } from './headers.js';

/** Longest name of a caller, in characters. */
const MAX_NAME = 200;

/**
 * Returns the number in the user of a URI, with its `+`; undefined if it is not a number.
 *
 * @param country Country of national numbers.
 */
export function numberIn(user: string, country: string | undefined): string | undefined {
  const [bare = ''] = user.split(';');
  if (!/^[+\d\s().-]+$/.test(bare)) return undefined;
  const national = country === undefined ? undefined : completeNumber(bare, country);
  return phoneNumber(bare) ?? national;
}

/**
 * Makes the identity of a caller. A number is shown as such. A name gets the prefix `sip:`, so that nobody outside can
 * have the handle of a user.
 */
export function identityOf(address: SipAddress | undefined, country: string | undefined): Identity {
  const user = readUri(address?.uri ?? '')?.user ?? '';
  const shown = (address?.name ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, MAX_NAME);
  const number = numberIn(user, country);
  if (number !== undefined) return phoneIdentity(number, shown || number);
  const name =
    user
      .toLowerCase()
      .replace(/[^a-z0-9.,_:-]/g, '')
      .slice(0, 28) || 'anonymous';
  return { handle: `sip:${name}`, fullName: shown || user.slice(0, MAX_NAME) || name, network: 'P2P' };
}

/**
 * Returns the caller of an incoming call.
 *
 * @param isTrusted True for a peer whose asserted identities count (RFC 3325).
 */
export function callerIdentity(
  headers: SipHeaders,
  isTrusted: boolean,
  country: string | undefined,
): Identity {
  const from = readAddress(headers.get('From') ?? '');
  const [asserted] = isTrusted ? headers.list('P-Asserted-Identity') : [];
  const isHidden = headers.list('Privacy').some((each) => /\b(?:id|user|header)\b/i.test(each));
  if (isHidden) return identityOf(undefined, country);
  const known = asserted === undefined ? undefined : readAddress(asserted);
  const named = known && known.name === '' ? { ...known, name: from?.name ?? '' } : known;
  return identityOf(named ?? from, country);
}

/** Returns the party that has forwarded the call, by Diversion (RFC 5806) or History-Info (RFC 7044). */
export function diverterOf(headers: SipHeaders, country: string | undefined): Identity | undefined {
  const [diversion] = headers.list('Diversion');
  const history = headers.list('History-Info');
  const value = diversion ?? (history.length > 1 ? history.at(-2) : undefined);
  const address = value === undefined ? undefined : readAddress(value);
  const [uri = ''] = address?.uri.split('?', 1) ?? [];
  return address && readUri(uri) ? identityOf({ ...address, uri }, country) : undefined;
}
