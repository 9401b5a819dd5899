import { callback, checkArgument, flag, words } from '../base/check.js';
import type { Fence } from '../base/listener/fence.js';
import { CAUSE, type EndCause, LEG, type Leg } from './leg.js';
import type { RoomMember, VoiceRoom } from './voice-room.js';

/** Two connected ends: holds, digits and the end of the call. */
export class Connection implements RoomMember {
  readonly legs: readonly [caller: Leg, callee: Leg];
  /** Room in which the voices are mixed. A conference changes it. */
  room: VoiceRoom;
  readonly #holders = new Set<Leg>();
  readonly #fence: Fence;
  readonly #onEnd: (connection: Connection, closing: Promise<void>) => void;
  #ended = false;

  /**
   * @param fence runs the actions of each end, so that an error of one does not affect the other.
   * @param onEnd called once at the end, with a promise that resolves when the voices have flushed.
   */
  constructor(
    caller: Leg,
    callee: Leg,
    room: VoiceRoom,
    fence: Fence,
    onEnd: (connection: Connection, closing: Promise<void>) => void,
  ) {
    this.legs = [caller, callee];
    this.room = room;
    this.#fence = fence;
    this.#onEnd = onEnd;
  }

  get onHold(): boolean {
    return this.#holders.size > 0;
  }

  get host(): string | undefined {
    return this.room.host;
  }

  /** Tells both ends, then lets voice flow. The callee is told first, because it answered. */
  start(): void {
    const [caller, callee] = this.legs;
    // Either end may end the call as soon as it is told.
    for (const leg of [callee, caller]) if (!this.#ended) this.#have(leg, () => leg.connected(this));
    if (this.#ended) return;
    this.room.add(this);
    for (const leg of this.legs) this.#have(leg, () => leg.begun?.());
  }

  /** Returns the other end than `leg`. */
  otherThan(leg: Leg): Leg {
    checkArgument('leg', leg, LEG);
    const [caller, callee] = this.legs;
    return leg === caller ? callee : caller;
  }

  isHeldBy(leg: Leg): boolean {
    checkArgument('leg', leg, LEG);
    return this.#holders.has(leg);
  }

  /** Puts the call on hold by `leg`, or resumes it. Streams go on with silence. */
  hold(leg: Leg, on: boolean): void {
    checkArgument('leg', leg, LEG);
    checkArgument('on', on, flag);
    if (this.#ended || this.#holders.has(leg) === on) return;
    if (on) this.#holders.add(leg);
    else this.#holders.delete(leg);
    this.room.relink();
    for (const each of this.legs) {
      const held = { local: this.#holders.has(each), remote: this.#holders.has(this.otherThan(each)) };
      this.#have(each, () => each.held?.(held));
    }
  }

  /** Sends a digit of `leg` to the other end. */
  digit(leg: Leg, digit: string): void {
    checkArgument('leg', leg, LEG);
    checkArgument('digit', digit, words);
    if (this.#ended) return;
    const other = this.otherThan(leg);
    this.#have(other, () => other.digit?.(digit));
  }

  /** Ends the call for both. Both are told first; then the streams are flushed and closed. */
  end(cause: EndCause, causeOf: (leg: Leg) => EndCause = () => cause): void {
    checkArgument('cause', cause, CAUSE);
    checkArgument('causeOf', causeOf, callback);
    if (this.#ended) return;
    this.#ended = true;
    for (const leg of this.legs) this.#have(leg, () => leg.ended(causeOf(leg)));
    this.room.remove(this);
    this.#onEnd(
      this,
      Promise.all(this.legs.map((leg) => this.#have(leg, () => leg.voice.leave()))).then(() => undefined),
    );
  }

  #have<T>(leg: Leg, act: () => T) {
    return this.#fence.run(`call of ${leg.identity.handle}`, act);
  }

  /** Separates both ends without ending them, so that one can be connected to another party. */
  detach(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.room.remove(this);
    this.#onEnd(this, Promise.resolve());
  }
}
