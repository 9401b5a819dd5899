import type { Attempt, Destination, Tariff } from '../../switch/attempt.js';
import type { Identity } from '../../switch/identity.js';
import type { EndCause } from '../../switch/leg.js';
import type { CallMedia } from './call-media.js';
import type { OutgoingInvite, OutgoingInviteEvents, OutgoingInviteOptions } from './outgoing-invite.js';
import { causeOf } from './sip-causes.js';
import { SipLeg, type SipLegHost } from './sip-leg.js';
import type { SipSession } from './sip-session.js';
import { EarlyVoice } from './switched-voice.js';

/** Route to a number over a line. */
export interface OutgoingWay {
  readonly identity: Identity;
  readonly tariff: Tariff | undefined;
  /** Returns the options of the INVITE, without media. */
  options(attempt: Attempt): Omit<OutgoingInviteOptions, 'media'>;
}

/** Functions of a line that its outgoing calls use. */
export interface OutgoingHost extends SipLegHost {
  openMedia(): Promise<CallMedia>;
  invite(options: OutgoingInviteOptions, events: OutgoingInviteEvents): OutgoingInvite;
  /** Counts a call. @returns false when there is no room for it. */
  admit(call: object): boolean;
  become(call: object, next: object): void;
  release(call: object): void;
  /**
   * The call was answered, or goes on with another party. From now on another phone may replace it, and it costs its
   * tariff.
   */
  begun(leg: SipLeg, tariff?: Tariff): void;
}

/** Destination with a number that is reached over a line. */
export class SipDestination implements Destination {
  readonly identity: Identity;
  readonly tariff?: Tariff;
  readonly #host: OutgoingHost;
  readonly #way: OutgoingWay;

  constructor(host: OutgoingHost, way: OutgoingWay) {
    this.#host = host;
    this.#way = way;
    this.identity = way.identity;
    if (way.tariff) this.tariff = way.tariff;
  }

  arrive(attempt: Attempt): void {
    const host = this.#host;
    const call = {};
    if (!host.admit(call)) {
      attempt.decline({ kind: 'failed', reason: 'no-route', text: 'Too many calls on this line' });
      return;
    }
    const decline = (cause: EndCause) => {
      host.release(call);
      attempt.decline(cause);
    };
    let isWithdrawn = false;
    let invite: OutgoingInvite | undefined;
    attempt.onWithdrawn(() => {
      isWithdrawn = true;
      if (invite) invite.cancel();
      else host.release(call);
    });
    const failed = (error: unknown) => {
      host.failed(error);
      decline({ kind: 'failed', reason: 'error' });
    };
    host.openMedia().then((media) => {
      if (isWithdrawn) return void media.close();
      try {
        invite = this.#call(attempt, media, decline, call);
      } catch (error) {
        void media.close();
        failed(error);
      }
    }, failed);
  }

  #call(
    attempt: Attempt,
    media: CallMedia,
    decline: (cause: EndCause) => void,
    call: object,
  ): OutgoingInvite {
    const host = this.#host;
    let hasRung = false;
    let isHeard = false;
    return host.invite(
      { ...this.#way.options(attempt), media },
      {
        ended: () => undefined,
        progress: (_status, hasMedia) => {
          hasRung = true;
          if (!hasMedia) attempt.ringing();
          else if (!isHeard) {
            isHeard = true;
            attempt.earlyMedia(new EarlyVoice(media.rtp.voice));
          }
        },
        answered: (session) => {
          this.#answered(attempt, media, session, call);
        },
        failed: (failure) => {
          void media.close();
          decline(causeOf(failure, hasRung));
        },
      },
    );
  }

  #answered(attempt: Attempt, media: CallMedia, session: SipSession, call: object): void {
    if (!attempt.open) {
      this.#host.release(call);
      void session.end();
      void media.close();
      return;
    }
    const leg = new SipLeg(this.#host, this.identity, media, session);
    this.#host.become(call, leg);
    this.#host.begun(leg, this.tariff);
    attempt.answer(leg);
  }
}
