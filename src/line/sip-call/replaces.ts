import { readParams } from '../sip-message/address.js';
import type { SipLeg } from './sip-leg.js';

/**
 * Finds the call that an INVITE replaces (RFC 3891).
 *
 * @returns undefined when it replaces none, `unknown` when there is no such call.
 */
export function replaced(header: string | undefined, legs: Iterable<SipLeg>): SipLeg | 'unknown' | undefined {
  if (header === undefined) return undefined;
  const semicolon = header.indexOf(';');
  const callId = (semicolon < 0 ? header : header.slice(0, semicolon)).trim();
  const params = readParams(semicolon < 0 ? '' : header.slice(semicolon));
  for (const leg of legs) {
    const dialog = leg.session?.dialog;
    if (dialog?.callId !== callId) continue;
    if (dialog.localTag === params.get('to-tag') && dialog.remoteTag === params.get('from-tag')) return leg;
  }
  return 'unknown';
}
