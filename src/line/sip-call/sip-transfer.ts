import type { Tariff } from '../../switch/attempt.js';
import { readAddress, readUri, type SipUri } from '../sip-message/address.js';
import { headerName } from '../sip-message/headers.js';
import type { SipRequest } from '../sip-message/message.js';
import { reasonOf } from '../sip-message/reasons.js';
import type { CallMedia } from './call-media.js';
import type { OutgoingHost } from './outgoing-call.js';
import type { InviteFailure, OutgoingInviteOptions } from './outgoing-invite.js';
import type { SipLeg } from './sip-leg.js';
import type { SipSession } from './sip-session.js';

/** The way to the target of a REFER, and what it costs to call there. */
export interface TransferWay {
  readonly options: Omit<OutgoingInviteOptions, 'media'>;
  readonly tariff?: Tariff | undefined;
}

/** The part of a line that follows a REFER. */
export interface TransferHost extends OutgoingHost {
  /**
   * The call that goes to the target of a REFER; nothing where it may not be called.
   *
   * @param replaces True where it takes the place of a call that the target has.
   */
  wayTo(target: SipUri, leg: SipLeg, replaces: boolean): TransferWay | undefined;
  /** The call of this line that a Replaces header names, if it is one of its. */
  callOf(replaces: string): SipLeg | undefined;
}

const FRAGMENT = 'message/sipfrag;version=2.0';

/**
 * Follows a REFER (RFC 3515): calls the target, also in place of a call that it has (RFC 3891), and has the leg go on with
 * that call. The one who asks is told how far it is.
 *
 * @returns the status to answer the REFER with.
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

/** Puts through to each other whom the one who asks talks to in its two calls, and ends both of its calls. */
function join(host: TransferHost, leg: SipLeg, other: SipLeg, request: SipRequest): void {
  const tell = leg.session && notifier(leg.session, request);
  // The answer to the REFER goes first.
  queueMicrotask(() => {
    if (leg.isOver || other.isOver) return tell?.('terminated;reason=noresource', 503);
    tell?.('terminated;reason=noresource', 200);
    leg.join(other);
    // Nobody is called any more on behalf of the one who asks.
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

/** Tells how far the call is, as the first line of a response. One that asks for no news gets none (RFC 4488). */
function notifier(session: SipSession, request: SipRequest): (state: string, status: number) => void {
  const isSilent = request.headers.get('Refer-Sub')?.toLowerCase().startsWith('false') ?? false;
  return (state, status) => {
    // One that hangs up straight after its REFER wants to know nothing more.
    if (isSilent || session.state === 'over') return;
    const content = Buffer.from(`SIP/2.0 ${status} ${reasonOf(status)}\r\n`);
    void session.request(
      'NOTIFY',
      { Event: 'refer', 'Subscription-State': state, Contact: `<${session.contact}>` },
      { type: FRAGMENT, content },
    );
  };
}

/** The Replaces header in the target of an attended transfer; nothing where there is none. */
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
