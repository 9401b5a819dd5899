import { randomUUID } from 'node:crypto';
import { writeAddress } from '../sip-message/address.js';
import { SipHeaders } from '../sip-message/headers.js';
import type { SipRequest } from '../sip-message/sip-message.js';
import { newTag } from '../sip-transport/transaction-layer.js';

/** Makes an OPTIONS request, which asks whether a peer can be reached (RFC 3261, section 11). */
export function optionsRequest(uri: string, from: string): SipRequest {
  const headers = new SipHeaders([
    ['Max-Forwards', '70'],
    ['From', writeAddress(from, '', { tag: newTag() })],
    ['To', `<${uri}>`],
    ['Call-ID', randomUUID()],
    ['CSeq', '1 OPTIONS'],
    ['Accept', 'application/sdp'],
  ]);
  return { kind: 'request', method: 'OPTIONS', uri, headers, body: Buffer.alloc(0) };
}
