import type { Tariff } from '../../switch/attempt.js';
import { readAddress, readUri, type SipUri } from '../sip-message/address.js';
import { headerName } from '../sip-message/headers.js';
import { reasonPhrase } from '../sip-message/reasons.js';
import type { SipRequest } from '../sip-message/sip-message.js';
import type { CallMedia } from './call-media.js';
import type { OutgoingHost } from './outgoing-call.js';
import type { InviteFailure, OutgoingInviteOptions } from './outgoing-invite.js';
import type { SipLeg } from './sip-leg.js';
import type { SipSession } from './sip-session.js';

/** Route to the target of a REFER, and its tariff. */
export interface TransferWay {
  readonly options: Omit<OutgoingInviteOptions, 'media'>;
  readonly tariff?: Tariff | undefined;
}

/** Functions of a line for following a REFER. */
export interface TransferHost extends OutgoingHost {
  /**
   * Finds the route to the target of a REFER; undefined when calling it is not allowed.
   *
   * @param replaces True when the call replaces one of the target.
   */
  wayTo(target: SipUri, leg: SipLeg, replaces: boolean): TransferWay | undefined;
  /** Finds the call of this line that a Replaces header names. */
  callOf(replaces: string): SipLeg | undefined;
}

const FRAGMENT = 'message/sipfrag;version=2.0';

/**
 * Follows a REFER (RFC 3515): calls the target, possibly in place of one of its calls (RFC 3891), and lets the leg go
 * on with that call. The party that transfers is notified of the progress.
 *
 * @returns the status of the response to the REFER.
 */
export function followRefer(host: TransferHost, leg: SipLeg, request: SipRequest): number {
  const { session } = leg;
  const written = readAddress(request.headers.get('Refer-To') ?? '');
  const uri = readUri(written?.uri ?? '');
  if (!session || !uri || uri.scheme === 'tel') return 400;
  const replaced = replacing(uri);
  const own = replaced && host.callOf(replaced.Replaces);
  if (own && own !== leg) {
    join(host, leg, own, request);
    return 202;
  }
  const way = host.wayTo(uri, leg, replaced !== undefined);
  if (!way) return 403;
  const tell = notifier(session, request);
  tell('active;expires=60', 100);
  void host.openMedia().then(
    (media) => {
      const options = { ...way.options, headers: { ...way.options.headers, ...replaced } };
      call(host, leg, { ...way, options }, media, tell);
    },
    (error: unknown) => {
      host.failed(error);
      tell('terminated;reason=noresource', 500);
    },
  );
  return 202;
}

/** Connects the other ends of the two calls of the party that transfers, and ends both of its calls. */
function join(host: TransferHost, leg: SipLeg, other: SipLeg, request: SipRequest): void {
  const tell = leg.session && notifier(leg.session, request);
  // The response to the REFER is sent first.
  queueMicrotask(() => {
    if (leg.isOver || other.isOver) return tell?.('terminated;reason=noresource', 503);
    tell?.('terminated;reason=noresource', 200);
    leg.join(other);
    // No call is made on behalf of the transferring party any more.
    for (const each of [leg, other]) host.begun(each);
  });
}

function call(
  host: TransferHost,
  leg: SipLeg,
  { options, tariff }: TransferWay,
  media: CallMedia,
  tell: (state: string, status: number) => void,
): void {
  const invite = host.invite(
    { ...options, media },
    {
      ended: () => undefined,
      progress: (status) => {
        if (leg.isOver) invite.cancel();
        else tell('active;expires=60', status);
      },
      answered: (session) => {
        if (leg.isOver) {
          void session.end();
          void media.close();
          return;
        }
        tell('terminated;reason=noresource', 200);
        leg.become(session, media);
        host.begun(leg, tariff);
      },
      failed: (failure) => {
        void media.close();
        tell('terminated;reason=noresource', statusOf(failure));
      },
    },
  );
}

/**
 * Makes a function that sends the progress of the call as the first line of a response. It sends nothing if `Refer-Sub`
 * is false (RFC 4488).
 */
function notifier(session: SipSession, request: SipRequest): (state: string, status: number) => void {
  const isSilent = request.headers.get('Refer-Sub')?.toLowerCase().startsWith('false') ?? false;
  return (state, status) => {
    // A party that hangs up right after its REFER gets no more notifications.
    if (isSilent || session.state === 'over') return;
    const content = Buffer.from(`SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`);
    void session.request(
      'NOTIFY',
      { Event: 'refer', 'Subscription-State': state, Contact: `<${session.contact}>` },
      { type: FRAGMENT, content },
    );
  };
}

/** Reads the Replaces header in the target of an attended transfer; none when it is missing. */
function replacing({ headers }: SipUri): { readonly Replaces: string; readonly Require: string } | undefined {
  for (const pair of headers.split('&')) {
    const [name = '', value = ''] = pair.split('=');
    if (headerName(name) !== 'Replaces') continue;
    try {
      return { Replaces: decodeURIComponent(value), Require: 'replaces' };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function statusOf(failure: InviteFailure): number {
  return failure.kind === 'refused' ? failure.response.status : 503;
}
