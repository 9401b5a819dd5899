import { Connection } from '../../switch/connection.js';
import type { Conversation, Leg } from '../../switch/leg.js';
import type { VoiceRoom } from '../../switch/voice-room.js';
import type { UserCall } from './user-call.js';

/** The part of the exchange that {@link Conferences} uses. */
export interface ConferencesContext {
  nextId(): number;
  /** Gives the user's call of a leg; undefined for a robot or a line. */
  callOf(leg: Leg): UserCall | undefined;
}

/** Conferences of the hosts' calls. Gives each a number and notifies its participants (reference, "CALL object"). */
export class Conferences {
  readonly #limit: number;
  readonly #context: ConferencesContext;
  readonly #ids = new WeakMap<VoiceRoom, number>();
  /** Highest number of participants during each participant's call. */
  readonly #most = new WeakMap<UserCall, number>();

  /** @param limit Most calls that one host can join. */
  constructor(limit: number, context: ConferencesContext) {
    this.#limit = limit;
    this.#context = context;
  }

  /** Most participants besides the host. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Joins `joining` into the conference of `master`, both calls of one host.
   *
   * @returns the number of the conference, or undefined when the calls cannot be joined.
   */
  join(joining: UserCall, master: UserCall): number | undefined {
    const [from, into] = [connectionOf(joining), connectionOf(master)];
    if (!from || !into || joining === master || joining.user !== master.user) return undefined;
    const host = master.user.handle;
    if (into.room.host !== undefined && into.room.host !== host) return undefined;
    if (from.room !== into.room) {
      if (from.room.connections.length + into.room.connections.length > this.#limit) return undefined;
      into.room.merge(host, [from.room]);
    }
    const id = this.#ids.get(into.room) ?? this.#context.nextId();
    this.#ids.set(into.room, id);
    this.#tell(into.room, id, [joining, master]);
    // A call on hold is resumed before it is joined (reference, "SET CALL JOIN_CONFERENCE").
    for (const call of [joining, master]) call.hold(false);
    return id;
  }

  /** Lists the participants of the conference of `call` without the host; empty when it is in none. */
  participantsOf(call: UserCall): Leg[] {
    const room = connectionOf(call)?.room;
    const host = room?.host;
    if (!room || host === undefined || host === call.user.handle) return [];
    return room.connections.map((each) => farFrom(host, each));
  }

  /** Notifies the remaining participants of their number. */
  left(room: VoiceRoom): void {
    if (room.host === undefined) return;
    for (const call of this.#callsIn(room)) this.#tellCount(room, call);
  }

  /**
   * Sets the count of an ended call to the highest number of participants (reference, "CALL object",
   * CONF_PARTICIPANTS_COUNT).
   */
  ended(call: UserCall): void {
    const most = this.#most.get(call);
    if (most !== undefined) call.object.put('CONF_PARTICIPANTS_COUNT', String(most));
  }

  #tell(room: VoiceRoom, id: number, first: readonly UserCall[]): void {
    const inOrder = new Set([...first, ...this.#callsIn(room)]);
    for (const call of inOrder) {
      if (call.object.get('CONF_ID') !== String(id)) call.object.tell('CONF_ID', String(id));
    }
    for (const call of inOrder) this.#tellCount(room, call);
  }

  #callsIn(room: VoiceRoom): UserCall[] {
    const legs = room.connections.flatMap((connection) => connection.legs);
    return legs.flatMap((leg) => this.#context.callOf(leg) ?? []);
  }

  /**
   * Notifies a call of its count of participants. It is always 0 for the host, and 1 for the last call of a former
   * conference.
   */
  #tellCount(room: VoiceRoom, call: UserCall): void {
    if (call.user.handle === room.host) return;
    const count = Math.max(1, room.connections.length);
    this.#most.set(call, Math.max(count, this.#most.get(call) ?? 0));
    if (call.object.get('CONF_PARTICIPANTS_COUNT') === String(count)) return;
    call.object.tell('CONF_PARTICIPANTS_COUNT', String(count));
  }
}

function connectionOf(call: UserCall): Connection | undefined {
  return call.conversation instanceof Connection ? call.conversation : undefined;
}

function farFrom(host: string, conversation: Conversation): Leg {
  const [caller, callee] = conversation.legs;
  return caller.identity.handle === host ? callee : caller;
}
