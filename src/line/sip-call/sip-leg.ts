import type { Identity } from '../../switch/identity.js';
import type { Conversation, EndCause, Leg, Placing, Progress } from '../../switch/leg.js';
import type { Party } from '../../switch/party.js';
import type { SipRequest } from '../sip-message/sip-message.js';
import type { CallMedia } from './call-media.js';
import type { IncomingInvite } from './incoming-invite.js';
import { joinedVoices } from './joined-voices.js';
import type { SessionEnd, SessionEvents } from './session-events.js';
import { statusOf } from './sip-causes.js';
import type { SipSession } from './sip-session.js';
import { SwitchedVoice } from './switched-voice.js';

/** Functions of a line that its legs use. */
export interface SipLegHost {
  /** Takes a REFER of the other end. Returns the status of the response. */
  referred(leg: SipLeg, request: SipRequest): number;
  /** The call is over. */
  over(leg: SipLeg): void;
  failed(error: unknown): void;
}

const DIGIT = /^[0-9*#A-D]$/i;

/** End of a call at a SIP phone or trunk: a session and its voice. */
export class SipLeg implements Leg {
  readonly identity: Identity;
  readonly voice: SwitchedVoice;
  readonly #host: SipLegHost;
  readonly #invite: IncomingInvite | undefined;
  #media: CallMedia;
  #session: SipSession | undefined;
  #placing: Placing | undefined;
  #conversation: Conversation | undefined;
  /** Leg that it was joined with, in place of its session. */
  #joined: SipLeg | undefined;
  #isOver = false;

  /** @param call Session of an answered outgoing call, or an incoming call. */
  constructor(host: SipLegHost, identity: Identity, media: CallMedia, call: SipSession | IncomingInvite) {
    this.#host = host;
    this.identity = identity;
    this.#media = media;
    this.voice = new SwitchedVoice(media.rtp.voice);
    if ('reject' in call) {
      this.#invite = call;
      call.onCancelled(() => this.#givenUp());
    } else this.#take(call);
    this.#listen();
  }

  /** Current session; undefined before the answer. */
  get session(): SipSession | undefined {
    return this.#session;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  place(placing: Placing): void {
    this.#placing = placing;
    placing.start();
  }

  progress(step: Progress): void {
    if (!this.#invite || step === 'routing') return;
    const ring = this.#invite.ring(step === 'early-media' ? { media: this.#media } : {});
    ring.catch((error: unknown) => this.#host.failed(error));
  }

  connected(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#placing = undefined;
    if (this.#invite?.isOpen) void this.#answer(this.#invite);
  }

  held({ remote }: { readonly local: boolean; readonly remote: boolean }): void {
    if (this.#joined) this.#joined.#passHold(remote);
    else if (this.#media.hold(remote)) this.#session?.reoffer();
  }

  digit(digit: string): void {
    const joined = this.#joined;
    if (joined) joined.#conversation?.digit(joined, digit);
    // Without telephone events a digit is only the tone in the voice.
    if (joined || !this.#media.hasEvents || !DIGIT.test(digit)) return;
    this.#media.rtp.sendDigit(digit).catch((error: unknown) => this.#isOver || this.#host.failed(error));
  }

  ended(cause: EndCause): void {
    if (this.#isOver) return;
    if (this.#session) void this.#session.end();
    else if (!this.#joined) this.#invite?.reject(statusOf(cause));
    this.#finish();
    const joined = this.#joined;
    if (joined) joined.#conversation?.end(cause);
  }

  /** Ends the call, because it is not paid for any longer. */
  cutOff(): void {
    this.#conversation?.end({ kind: 'failed', reason: 'not-paid-for' });
  }

  /** Replaces the session by another one, and ends the old one. */
  become(session: SipSession, media: CallMedia): void {
    const [before, mediaBefore] = [this.#session, this.#media];
    if (mediaBefore.events) mediaBefore.events = undefined;
    this.#media = media;
    this.voice.become(media.rtp.voice);
    this.#listen();
    this.#take(session);
    if (before) {
      before.events = { ended: () => undefined };
      void before.end();
    }
    void mediaBefore.close();
    this.#passHold(false);
  }

  /**
   * Joins two legs in place of their sessions: the other ends of both talk to each other. Events of one conversation
   * are passed to the other.
   */
  join(other: SipLeg): void {
    const [here, there] = joinedVoices();
    this.#leaveFor(other, here);
    other.#leaveFor(this, there);
    // Either conversation may be on hold: by the party that transfers, or by the other end.
    for (const leg of [this, other]) {
      const conversation = leg.#conversation;
      const far = leg === this ? other : this;
      if (conversation) far.#passHold(conversation.isHeldBy(conversation.otherThan(leg)));
    }
  }

  /** Listeners for its session. */
  get events(): SessionEvents {
    return {
      ended: (end) => this.#hungUp(end),
      info: (request) => this.#info(request),
      referred: (request) => this.#host.referred(this, request),
    };
  }

  async #answer(invite: IncomingInvite): Promise<void> {
    try {
      const session = await invite.answer(this.#media, this.events);
      if (!session) this.#hungUp({ by: 'lost' });
      else if (this.#isOver) void session.end();
      else this.#take(session);
    } catch (error) {
      this.#host.failed(error);
      this.#hungUp({ by: 'lost' });
    }
  }

  #leaveFor(other: SipLeg, voice: Party): void {
    const session = this.#session;
    this.#media.events = undefined;
    this.#session = undefined;
    this.#joined = other;
    this.voice.become(voice);
    if (session) {
      session.events = { ended: () => undefined };
      void session.end();
    }
    void this.#media.close();
  }

  /** Puts its conversation on hold, or resumes it. */
  #passHold(on: boolean): void {
    if (this.#conversation && this.#conversation.isHeldBy(this) !== on) this.#conversation.hold(this, on);
  }

  #take(session: SipSession): void {
    this.#session = session;
    session.events = this.events;
    if (session.state === 'over') this.#hungUp({ by: 'remote' });
  }

  #listen(): void {
    this.#media.events = {
      held: (on) => this.#conversation?.hold(this, on),
      digit: (digit) => this.#conversation?.digit(this, digit),
      lost: () => {
        void this.#session?.end({ Reason: 'SIP;cause=408;text="No media"' });
        this.#hungUp({ by: 'lost' });
      },
    };
  }

  /** Takes an INFO request. It may contain a digit: `Signal=5`. */
  #info({ headers, body }: SipRequest): void {
    const type = headers.get('Content-Type') ?? '';
    const text = body.toString('latin1', 0, 200);
    const digit = /dtmf-relay/i.test(type) ? /signal\s*=\s*(\S)/i.exec(text)?.[1] : text.trim();
    if (/dtmf/i.test(type) && digit !== undefined && DIGIT.test(digit))
      this.#conversation?.digit(this, digit);
  }

  #givenUp(): void {
    if (this.#isOver) return;
    this.#placing?.cancel({ kind: 'cancelled' });
    void this.#media.close();
    this.#finish();
  }

  #hungUp({ by }: SessionEnd): void {
    if (this.#isOver || by === 'local') return;
    if (!this.#conversation) this.#givenUp();
    else if (by === 'lost') this.#conversation.end({ kind: 'failed', reason: 'cut-off' });
    else void this.#endPlayed();
  }

  /** Ends the conversation when all that the other end has said before it hung up was heard. */
  async #endPlayed(): Promise<void> {
    const media = this.#media;
    await media.rtp.played();
    if (this.#media === media) this.#conversation?.end({ kind: 'hung-up' });
  }

  #finish(): void {
    this.#isOver = true;
    this.#conversation = undefined;
    this.#host.over(this);
  }
}
