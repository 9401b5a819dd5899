import type { Fence } from '../../base/listener/fence.js';
import { TaskSet } from '../../base/task-set.js';
import type { Clock } from '../../base/time/clock.js';
import type { AttemptOrigin, Destination } from '../../switch/attempt.js';
import { Connection } from '../../switch/connection.js';
import { Dial, dialPlan } from '../../switch/dial.js';
import { EarlyMedia } from '../../switch/early-media.js';
import type { Identity } from '../../switch/identity.js';
import type { EndCause, Leg } from '../../switch/leg.js';
import type { IncomingWay } from '../../switch/line.js';
import { VoiceRoom } from '../../switch/voice-room.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import type { Ringers } from '../devices/ringers.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject, type ObjectOwner } from '../object/api-object.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import type { ClosedStream } from '../voice/voice-router.js';
import { type CallDirection, settledCall } from './call-end.js';
import { Conferences } from './conference.js';
import { RedialWait } from './redial-wait.js';
import { type Follower, followers, TransferWatch, type WayBack } from './transfer-watch.js';
import { UserCall } from './user-call.js';

/** The part of the exchange that {@link Calls} uses. */
export interface CallsContext {
  readonly clock: Clock;
  readonly ticker: VoiceTicker;
  readonly ringers: Ringers;
  /** Most calls in each user's history. The oldest are removed first. */
  readonly historyLimit: number;
  /** Most calls that one host can join into a conference. */
  readonly conferenceLimit: number;
  /** Most simultaneous calls of one user. */
  readonly callsPerUser: number;
  readonly fence: Fence;
  /** Gives an unused number for a call or voicemail. */
  nextId(): number;
  /** Storage of calls across restarts. */
  readonly shelf: ObjectShelf<'CALL'>;
  /** Called when a call was added to a user's history or removed from it. */
  historyChanged(user: ObjectOwner): void;
  /**
   * Lets `caller` leave a voicemail for the user who did not answer.
   *
   * @returns false when that user has no voicemail.
   */
  takeMessage(caller: UserCall, destination: Destination): boolean;
  /** Called when a user has placed a call. */
  placed(call: UserCall): void;
  /** Called when a call has ended, to charge for it and update views. */
  ended(call: UserCall): void;
  /** Called when a redirected stream of a call was closed. */
  streamClosed(closed: ClosedStream): void;
}

/** All calls of the exchange, in progress and past. */
export class Calls {
  readonly conferences: Conferences;
  /** CALL objects of the users, of calls in progress and past. */
  readonly objects: ObjectStore<'CALL', ApiObject<'CALL'>>;
  readonly #context: CallsContext;
  readonly #active = new Map<number, UserCall>();
  /** Users' calls by their leg in the switch. */
  readonly #byLeg = new WeakMap<Leg, UserCall>();
  readonly #early: EarlyMedia;
  readonly #connections = new Set<Connection>();
  /** Searches for a target in progress, with the leg that each is for. */
  readonly #dials = new Map<Dial, Leg>();
  readonly #closing = new TaskSet((error) => this.#context.fence.tell(error, 'voice'));

  constructor(context: CallsContext) {
    this.#context = context;
    this.conferences = new Conferences(context.conferenceLimit, {
      nextId: () => context.nextId(),
      callOf: (leg) => this.callOf(leg),
    });
    this.objects = new ObjectStore({
      limit: context.historyLimit,
      mayGo: ({ id }) => !this.#active.has(id),
      shelf: context.shelf,
      changed: (owner) => context.historyChanged(owner),
      record: (object) => ({ properties: object.record() }),
    });
    this.#early = new EarlyMedia(context.ticker);
  }

  /** Calls a destination for a user. The call is returned UNPLACED; notifications report its further statuses. */
  place(user: ExchangeUser, destination: Destination): UserCall {
    const call = this.create(user, destination.identity, 'OUTGOING');
    if (destination.tariff) {
      const { rate, precision, currency } = destination.tariff;
      call.object.put('RATE', String(rate));
      call.object.put('RATE_PRECISION', String(precision));
      call.object.put('RATE_CURRENCY', currency);
    }
    this.#context.placed(call);
    const { clock } = this.#context;
    call.place(this.#dial(call, [destination], { caller: user }));
    clock.timerAt(clock.now(), () => {
      if (call.over) return;
      call.setStatus('UNPLACED');
      call.object.tell('SUBJECT', '');
      call.progress('routing');
    });
    return call;
  }

  /** Calls a destination from a leg that is not a user's. */
  placeFrom(leg: Leg, destination: Destination, way: IncomingWay = {}): void {
    this.#place(leg, this.#dial(leg, [destination], { ...way, caller: leg.identity }));
  }

  /** Makes a CALL object of `user`. */
  create(
    user: ExchangeUser,
    partner: Identity,
    direction: CallDirection,
    status: 'UNPLACED' | 'ROUTING' = 'UNPLACED',
  ): UserCall {
    const call = new UserCall(this.#context.nextId(), user, partner, direction, status, {
      clock: this.#context.clock,
      callEnded: (ended) => this.#callEnded(ended),
      streamClosed: (closed) => this.#context.streamClosed(closed),
      rings: (call, on) => this.#context.ringers.set(call.user, call, on),
      callCounted: (call) => this.objects.save(call.object),
    });
    this.#active.set(call.id, call);
    this.#byLeg.set(call, call);
    this.objects.add(call.object);
    user.screen.open({ what: 'CALL', argument: '' });
    return call;
  }

  /** Restores stored calls. Those in progress at the time were cut off. */
  restore(userOf: (handle: string) => ExchangeUser | undefined): void {
    this.objects.restore(
      userOf,
      (id, user, { properties }) => new ApiObject('CALL', id, user, settledCall(properties)),
    );
  }

  /** Gives the call with this id, if it is in progress and belongs to `user`. */
  activeOf(user: ExchangeUser, id: number): UserCall | undefined {
    const call = this.#active.get(id);
    return call?.user === user ? call : undefined;
  }

  /** Gives the user's call of a leg; undefined for a robot or a line. */
  callOf(leg: Leg): UserCall | undefined {
    return this.#byLeg.get(leg);
  }

  /** Lists the calls of `user` in progress. */
  activeCallsOf(user: ExchangeUser): UserCall[] {
    return [...this.#active.values()].filter((call) => call.user === user);
  }

  /** True when `user` has reached the limit of simultaneous calls. */
  isFull(user: ExchangeUser): boolean {
    return this.activeCallsOf(user).length >= this.#context.callsPerUser;
  }

  /** Marks a call as seen, so that it no longer counts as missed. The user's clients are notified once. */
  see(object: ApiObject<'CALL'>): void {
    if (object.get('SEEN') === 'TRUE') return;
    object.tell('SEEN', 'TRUE');
    this.objects.save(object);
  }

  /** All calls in progress. */
  get active(): UserCall[] {
    return [...this.#active.values()];
  }

  /**
   * Transfers `call`: the other end is connected to the first of `targets` that answers. Until then the streams of both
   * ends carry silence. If no target answers, the call returns to the user.
   */
  transfer(call: UserCall, targets: readonly Destination[]): boolean {
    return call.transfer(targets, (conversation) => {
      const leg = conversation.otherThan(call);
      if (conversation instanceof Connection) conversation.detach();
      for (const each of [leg, call]) this.#early.seat(each);
      let dial: Dial | undefined;
      const wayBack: WayBack = {
        cancel: () => dial?.cancel({ kind: 'cancelled' }),
        connect: () => {
          this.#track(this.#early.close(call));
          this.#have(leg, () => leg.transferred?.(undefined));
          this.#connect(leg, call);
        },
        release: () => {
          this.#track(this.#early.close(call));
          this.#track(call.voice.leave());
        },
      };
      dial = this.#passOn(call, leg, targets, [], wayBack);
    });
  }

  /** Ends all calls; resolves when their streams are flushed and closed. */
  async close(): Promise<void> {
    const { fence } = this.#context;
    for (const call of this.active) fence.run(`call of ${call.user.handle}`, () => call.hangUp());
    for (const connection of this.#connections) fence.run('call', () => connection.end({ kind: 'hung-up' }));
    for (const [dial, leg] of this.#dials) {
      dial.cancel({ kind: 'cancelled' });
      this.#end(leg, { kind: 'cancelled' });
    }
    await this.#closing.settled();
  }

  #dial(leg: Leg, targets: readonly Destination[], origin: AttemptOrigin, follower?: Follower): Dial {
    const call = this.callOf(leg);
    /** Ends the search. Every outcome calls it first. */
    const over = () => {
      this.#dials.delete(dial);
      this.#track(this.#early.close(leg));
    };
    const failed = (cause: EndCause) => {
      over();
      if (!follower && call && isRejectedByPhone(call, cause)) {
        new RedialWait(call, this.#context.clock, () => {
          call.place(this.#dial(call, targets, origin));
          call.progress('routing');
        });
        return;
      }
      if (follower?.failed(cause)) return;
      this.#end(leg, cause);
      follower?.over();
    };
    const dial = new Dial(this.#context.clock, dialPlan(targets), origin, {
      progress: (step) => {
        this.#have(leg, () => leg.progress?.(step));
        follower?.progress(step);
      },
      earlyMedia: (party) => this.#early.open(leg, party),
      answered: (callee) => {
        over();
        this.#connect(leg, callee, follower);
      },
      failed,
      threw: (error) => this.#context.fence.tell(error, `call of ${leg.identity.handle}`),
      cancelled: () => {
        over();
        follower?.over();
      },
      voicemail: (owner, chosen) => {
        over();
        const taken = () => call !== undefined && this.#context.takeMessage(call, owner);
        if (!chosen || !taken()) {
          // If a user has already talked to the caller, that call is resumed. Voicemail does not take it.
          if (follower?.failed({ kind: 'no-answer' })) return;
          if (chosen || !taken()) this.#end(leg, { kind: 'no-answer' });
        }
        follower?.over();
      },
      transfer: (to, by) => {
        over();
        this.#passOn(by, leg, to, follower ? [follower] : []);
      },
    });
    this.#dials.set(dial, leg);
    return dial;
  }

  /** Starts the search of a leg. A leg that throws is ended. */
  #place(leg: Leg, dial: Dial): void {
    try {
      leg.place(dial);
    } catch (error) {
      this.#context.fence.tell(error, `call of ${leg.identity.handle}`);
      dial.cancel({ kind: 'cancelled' });
      this.#end(leg, { kind: 'failed', reason: 'error' });
    }
  }

  /** Ends a leg that is not connected, with its voice. */
  #end(leg: Leg, cause: EndCause): void {
    this.#have(leg, () => leg.ended(cause));
    this.#track(this.#context.fence.run('voice', () => leg.voice.leave()) as Promise<void> | undefined);
  }

  /** Runs a callback of a leg. An exception does not affect the other legs. */
  #have(leg: Leg, act: () => void): void {
    this.#context.fence.run(`call of ${leg.identity.handle}`, act);
  }

  #connect(caller: Leg, callee: Leg, follower?: Follower): void {
    const room = new VoiceRoom(this.#context.ticker);
    const connection = new Connection(caller, callee, room, this.#context.fence, (ended, closing) => {
      this.#connections.delete(ended);
      this.#track(closing);
      this.conferences.left(ended.room);
      follower?.over();
    });
    this.#connections.add(connection);
    connection.start();
    follower?.answered();
  }

  /**
   * Passes the call of `leg` on to the first of `targets` that answers. Without targets the call is refused.
   *
   * @param before Followers of those who have passed on the same call before.
   */
  #passOn(
    by: Leg,
    leg: Leg,
    targets: readonly Destination[],
    before: readonly Follower[],
    wayBack?: WayBack,
  ): Dial | undefined {
    const [first] = targets;
    if (!first) {
      this.#end(leg, { kind: 'refused' });
      followers(before).over();
      return undefined;
    }
    this.#have(leg, () => leg.transferred?.(first.identity));
    const passing = this.callOf(by);
    const watch = passing ? [new TransferWatch(passing, first.identity, wayBack)] : [];
    const follower = followers([...watch, ...before]);
    const dial = this.#dial(leg, targets, { caller: leg.identity, transferredBy: by.identity }, follower);
    this.#place(leg, dial);
    return dial;
  }

  #callEnded(call: UserCall): void {
    this.#active.delete(call.id);
    this.#track(this.#early.close(call));
    this.conferences.ended(call);
    if (this.activeCallsOf(call.user).length === 0) {
      call.user.screen.close('CALL');
      call.user.unmute();
    }
    this.objects.together(() => {
      this.#context.ended(call);
      this.objects.save(call.object);
    });
  }

  #track(closing: Promise<void> | undefined): void {
    if (closing) this.#closing.add(closing);
  }
}

/** True when a call was rejected by a phone and waits for the user to dial again. */
function isRejectedByPhone({ partner, direction }: UserCall, { kind }: EndCause): boolean {
  return kind === 'refused' && direction === 'OUTGOING' && partner.network === 'PSTN';
}
