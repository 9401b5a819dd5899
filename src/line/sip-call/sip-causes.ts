import type { EndCause, FailureReason } from '../../switch/leg.js';
import { reasonPhrase } from '../sip-message/reasons.js';
import type { SipResponse } from '../sip-message/sip-message.js';
import type { InviteFailure } from './outgoing-invite.js';

/** Failure reasons of status codes. Any other status is `error`. */
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

/** Status codes for refusing an incoming call, by failure reason. */
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

/** Maps a failure of a call to its end cause. @param hasRung True when it has rung: a 408 means no answer then. */
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

/** Maps an end cause to the status for an incoming call. */
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

/** Makes a text for a person: the status, and when to try again, if the network tells it. */
function textOf({ status, reason, headers }: SipResponse): string {
  const again = Number.parseInt(headers.get('Retry-After') ?? '', 10);
  const text = `${status} ${reason === '' ? reasonPhrase(status) : reason}`.slice(0, 200);
  return again > 0 ? `${text}, try again in ${again} s` : text;
}
