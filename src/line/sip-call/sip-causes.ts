import type { EndCause, FailureReason } from '../../switch/leg.js';
import type { SipResponse } from '../sip-message/message.js';
import { reasonOf } from '../sip-message/reasons.js';
import type { InviteFailure } from './outgoing-invite.js';

/** Failure reason of a status; what has no row is an error. */
const REASONS: Readonly<Record<number, FailureReason>> = {
  401: 'not-authorized',
  402: 'not-paid-for',
  403: 'not-authorized',
  404: 'no-such-number',
  407: 'not-authorized',
  410: 'no-such-number',
  415: 'no-codec',
  480: 'offline',
  484: 'no-such-number',
  485: 'no-such-number',
  488: 'no-codec',
  502: 'no-route',
  503: 'no-route',
  504: 'no-route',
  604: 'no-such-number',
  606: 'no-codec',
};

/** Status with which a call from outside is refused, by its cause. */
const STATUSES: Readonly<Record<FailureReason, number>> = {
  error: 500,
  'no-such-number': 404,
  offline: 480,
  'no-route': 503,
  'cut-off': 503,
  'no-codec': 488,
  'sound-device': 480,
  'remote-sound-device': 480,
  blocked: 403,
  'not-a-contact': 403,
  'not-authorized': 403,
  microphone: 480,
  'not-paid-for': 402,
  'dropped-by-host': 480,
};

/** Cause of a call's end for what a SIP network has answered. @param hasRung A 408 of one that rang is no answer. */
export function causeOf(failure: InviteFailure, hasRung: boolean): EndCause {
  if (failure.kind === 'cancelled') return { kind: 'cancelled' };
  if (failure.kind === 'no-agreement')
    return { kind: 'failed', reason: 'no-codec', text: 'No codec in common' };
  if (failure.kind !== 'refused') {
    return { kind: 'failed', reason: 'no-route', text: TEXTS[failure.kind] };
  }
  const { response } = failure;
  const { status } = response;
  if (status === 486 || status === 600) return { kind: 'busy' };
  if (status === 603 || status === 607) return { kind: 'refused' };
  if (status === 487) return { kind: 'no-answer' };
  if (status === 408) {
    return hasRung ? { kind: 'no-answer' } : { kind: 'failed', reason: 'no-route', text: textOf(response) };
  }
  return { kind: 'failed', reason: REASONS[status] ?? 'error', text: textOf(response) };
}

const TEXTS = {
  timeout: 'The network does not answer',
  transport: 'The network cannot be reached',
  'no-address': 'The network has no address',
} as const;

/** Status for a call that came in and was not taken. */
export function statusOf(cause: EndCause): number {
  switch (cause.kind) {
    case 'busy':
      return 486;
    case 'refused':
      return 603;
    case 'no-answer':
    case 'answered-elsewhere':
    case 'transferred':
    case 'hung-up':
      return 480;
    case 'cancelled':
      return 487;
    case 'dropped-by-host':
      return 480;
    case 'failed':
      return STATUSES[cause.reason];
    default:
      return cause satisfies never;
  }
}

/** Text for a person: the status, and when to try again where the network says so. */
function textOf({ status, reason, headers }: SipResponse): string {
  const again = Number.parseInt(headers.get('Retry-After') ?? '', 10);
  const text = `${status} ${reason === '' ? reasonOf(status) : reason}`.slice(0, 200);
  return again > 0 ? `${text}, try again in ${again} s` : text;
}
