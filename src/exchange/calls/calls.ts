import type { Clock } from '../../base/clock.js';
import type { Fence } from '../../base/fence.js';
import { isTerminalCallStatus } from '../../protocol/catalogue/call-status.js';
import type { AttemptOrigin, Destination } from '../../switch/attempt.js';
import { Connection } from '../../switch/connection.js';
import { Dial, dialPlan } from '../../switch/dial.js';
import { EarlyMedia } from '../../switch/early-media.js';
import type { Identity } from '../../switch/identity.js';
import type { EndCause, Leg } from '../../switch/leg.js';
import { Room } from '../../switch/room.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import { ApiObject, type ObjectRecord } from '../api-object.js';
import type { User } from '../user.js';
import type { ClosedStream } from '../voice/voice-router.js';
import { type Direction, failureNumber } from './call-end.js';
import { Conferences } from './conference.js';
import { RedialWait } from './redial-wait.js';
import { type Follower, followers, TransferWatch, type WayBack } from './transfer-watch.js';
import { UserCall } from './user-call.js';

/** What {@link Calls} needs of the exchange. */
export interface CallsContext {
  readonly clock: Clock;
  readonly ticker: VoiceTicker;
  /** Most calls that each user's history keeps; the oldest go first. */
  readonly historyLimit: number;
  /** Most calls that one host can join into a conference. */
  readonly conferenceLimit: number;
  /** Most calls of one user that go on at once. */
  readonly callsPerUser: number;
  readonly fence: Fence;
  /** A number that no call and no voicemail has had. */
  nextId(): number;
  /** A call has changed in a way that has to survive a restart. */
  save(object: ApiObject<'CALL'>, user: User): void;
  forget(object: ApiObject<'CALL'>): void;
  /** Has `caller` leave a voicemail for those who did not answer. @returns whether they have one. */
  takeMessage(caller: UserCall, destination: Destination): boolean;
  /** The call has ended: what it costs, and how the views change. */
  ended(call: UserCall): void;
  /** A redirected stream of a call was closed. */
  streamClosed(closed: ClosedStream): void;
}

/** All calls of the exchange, those that go on and those of the past. */
export class Calls {
  readonly conferences: Conferences;
  readonly #context: CallsContext;
  readonly #active = new Map<number, UserCall>();
  readonly #history = new Map<string, Map<number, ApiObject<'CALL'>>>();
  readonly #early: EarlyMedia;
  readonly #connections = new Set<Connection>();
  readonly #closing = new Set<Promise<void>>();

  constructor(context: CallsContext) {
    this.#context = context;
    this.conferences = new Conferences(() => context.nextId(), context.conferenceLimit);
    this.#early = new EarlyMedia(context.ticker);
  }

  /** The user calls a destination. The call comes back UNPLACED; the rest of its life is told as notifications. */
  place(user: User, destination: Destination): UserCall {
    const call = this.create(user, destination.identity, 'OUTGOING');
    if (destination.tariff) {
      const { rate, precision, currency } = destination.tariff;
      call.object.put('RATE', String(rate));
      call.object.put('RATE_PRECISION', String(precision));
      call.object.put('RATE_CURRENCY', currency);
    }
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

  /** A robot calls. */
  placeFrom(leg: Leg, destination: Destination): void {
    leg.place(this.#dial(leg, [destination], { caller: leg.identity }));
  }

  /** Makes a CALL object of `user`'s. */
  create(user: User, partner: Identity, direction: Direction): UserCall {
    const call = new UserCall(this.#context.nextId(), user, partner, direction, {
      clock: this.#context.clock,
      callEnded: (ended) => this.#callEnded(ended),
      streamClosed: (closed) => this.#context.streamClosed(closed),
      callCounted: (call) => this.#context.save(call.object, user),
    });
    this.#active.set(call.id, call);
    this.#remember(user, call.object);
    this.#context.save(call.object, user);
    return call;
  }

  /** Takes in what a former run has stored. What went on then was cut off. */
  restore(user: User, id: number, record: ObjectRecord): void {
    const object = new ApiObject('CALL', id, user, record);
    if (!isTerminalCallStatus(object.get('STATUS') ?? '')) {
      object.put('FAILUREREASON', String(failureNumber('cut-off')));
      object.put('STATUS', 'FAILED');
    }
    this.#remember(user, object);
  }

  /** The call with this id, if it is one of `user`'s and goes on. */
  activeOf(user: User, id: number): UserCall | undefined {
    const call = this.#active.get(id);
    return call?.user === user ? call : undefined;
  }

  /** The CALL object with this id, if it is one of `user`'s. */
  objectOf(user: User, id: number): ApiObject<'CALL'> | undefined {
    return this.#history.get(user.handle)?.get(id);
  }

  /** All CALL objects of `user`, oldest first. */
  objectsOf(user: User): ApiObject<'CALL'>[] {
    return [...(this.#history.get(user.handle)?.values() ?? [])];
  }

  /** The calls of `user` that go on. */
  activeCallsOf(user: User): UserCall[] {
    return [...this.#active.values()].filter((call) => call.user === user);
  }

  /** Whether as many calls of `user` go on as may. */
  isFull(user: User): boolean {
    return this.activeCallsOf(user).length >= this.#context.callsPerUser;
  }

  /** Marks a call as seen, so that it is missed no more. The user's clients are told, once. */
  see(object: ApiObject<'CALL'>, user: User): void {
    if (object.get('SEEN') === 'TRUE') return;
    object.tell('SEEN', 'TRUE');
    this.#context.save(object, user);
  }

  /** All calls that go on. */
  get active(): UserCall[] {
    return [...this.#active.values()];
  }

  /** Removes calls that are over from a user's history. */
  clear(user: User, matches: (object: ApiObject<'CALL'>) => boolean): void {
    const history = this.#history.get(user.handle);
    for (const object of this.objectsOf(user)) {
      if (this.#active.has(object.id) || !matches(object)) continue;
      history?.delete(object.id);
      this.#context.forget(object);
    }
  }

  /**
   * Passes `call` on: the other end is put through to the first of `targets` that answers. Until then both ends' streams
   * go on in silence, and `call` is given back where nobody answers.
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
          leg.transferred(undefined);
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
    await Promise.all(this.#closing);
  }

  #dial(leg: Leg, targets: readonly Destination[], origin: AttemptOrigin, follower?: Follower): Dial {
    const failed = (cause: EndCause) => {
      this.#track(this.#early.close(leg));
      if (!follower && leg instanceof UserCall && isRejectedByPhone(leg, cause)) {
        new RedialWait(leg, this.#context.clock, () => {
          leg.place(this.#dial(leg, targets, origin));
          leg.progress('routing');
        });
        return;
      }
      if (follower?.failed(cause)) return;
      leg.ended(cause);
      follower?.over();
    };
    return new Dial(this.#context.clock, dialPlan(targets), origin, {
      progress: (step) => {
        leg.progress(step);
        follower?.progress(step);
      },
      earlyMedia: (party) => this.#early.open(leg, party),
      answered: (callee) => this.#connect(leg, callee, follower),
      failed,
      threw: (error) => this.#context.fence.tell(error, `call of ${leg.identity.handle}`),
      cancelled: () => follower?.over(),
      voicemail: (owner, chosen) => {
        this.#track(this.#early.close(leg));
        const taken = () => leg instanceof UserCall && this.#context.takeMessage(leg, owner);
        if (!chosen || !taken()) {
          // Where somebody has talked to the caller before, he has him back; no machine takes the call by itself.
          if (follower?.failed({ kind: 'no-answer' })) return;
          if (chosen || !taken()) leg.ended({ kind: 'no-answer' });
        }
        follower?.over();
      },
      transfer: (to, by) => {
        if (by instanceof UserCall) this.#passOn(by, leg, to, follower ? [follower] : []);
      },
    });
  }

  #connect(caller: Leg, callee: Leg, follower?: Follower): void {
    this.#track(this.#early.close(caller));
    const room = new Room(this.#context.ticker);
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

  /** @param before those who have passed the same call on before. */
  #passOn(
    by: UserCall,
    leg: Leg,
    targets: readonly Destination[],
    before: readonly Follower[],
    wayBack?: WayBack,
  ): Dial | undefined {
    const [first] = targets;
    if (!first) return undefined;
    leg.transferred(first.identity);
    const follower = followers([new TransferWatch(by, first.identity, wayBack), ...before]);
    const dial = this.#dial(leg, targets, { caller: leg.identity, transferredBy: by.identity }, follower);
    leg.place(dial);
    return dial;
  }

  #remember(user: User, object: ApiObject<'CALL'>): void {
    const history = this.#history.get(user.handle) ?? new Map<number, ApiObject<'CALL'>>();
    this.#history.set(user.handle, history.set(object.id, object));
    if (history.size <= this.#context.historyLimit) return;
    const oldest = [...history.values()].find((past) => !this.#active.has(past.id));
    if (!oldest) return;
    history.delete(oldest.id);
    this.#context.forget(oldest);
  }

  #callEnded(call: UserCall): void {
    this.#active.delete(call.id);
    this.#track(this.#early.close(call));
    this.conferences.ended(call);
    this.#context.ended(call);
    this.#context.save(call.object, call.user);
  }

  #track(closing: Promise<void> | undefined): void {
    if (!closing) return;
    const tracked = closing
      .catch((error: unknown) => this.#context.fence.tell(error, 'voice'))
      .finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }
}

/** Whether a user's call has to wait for him to dial again. */
function isRejectedByPhone({ partner, direction }: UserCall, { kind }: EndCause): boolean {
  return kind === 'refused' && direction === 'OUTGOING' && partner.network === 'PSTN';
}
