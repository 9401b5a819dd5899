import type { CancelTimer, Clock } from '../clock.js';
import { type CallStatus, isTerminalCallStatus } from '../protocol/catalogue/call-status.js';
import type { PropertyName } from '../protocol/message.js';
import { Bridge } from './bridge.js';
import { Refusal } from './refusal.js';
import { Robot, type RobotStep } from './robot.js';
import type { User } from './user.js';
import { UserCall } from './user-call.js';

/** Somebody who is always there: answers by himself and follows a script. */
export interface Service {
  readonly handle: string;
  readonly fullName: string;
  /** How long it rings before the service answers, in milliseconds. */
  readonly ringMs: number;
  readonly script: readonly RobotStep[];
}

/** What {@link Conversations} needs of the exchange. */
export interface ConversationContext {
  readonly clock: Clock;
  serviceOf(handle: string): Service | undefined;
  /** A property of `call` has a new value: tell the user's clients. */
  callChanged(call: UserCall, property: PropertyName<'CALL'>, value: string): void;
}

const ROUTING_MS = 500;
const HANDLE = /^[a-z][a-z0-9.,_-]{1,31}$/i;
const OVER_BEFORE_ANSWER: ReadonlySet<CallStatus> = new Set(['UNPLACED', 'ROUTING', 'EARLYMEDIA', 'RINGING']);

/** The life of every call, on the clock: placing, ringing, answering, the voice bridge, the end. */
export class Conversations {
  readonly #context: ConversationContext;
  readonly #calls = new Map<number, UserCall>();
  readonly #open = new Map<UserCall, Conversation>();
  #lastCallId = 0;

  constructor(context: ConversationContext) {
    this.#context = context;
  }

  /** Calls `target`. The call comes back UNPLACED; the rest of its life is told as notifications. */
  place(user: User, target: string): UserCall {
    if (!HANDLE.test(target)) throw new Refusal(34);
    const service = this.#context.serviceOf(target);
    if (!service) throw new Refusal(93, `call error: no user ${target} on this exchange`);
    const call = new UserCall(
      {
        id: ++this.#lastCallId,
        user,
        partner: service,
        type: 'OUTGOING_P2P',
        timestamp: Math.floor(this.#context.clock.unixMs() / 1000),
      },
      (property, value) => this.#context.callChanged(call, property, value),
    );
    this.#calls.set(call.id, call);
    const conversation = new Conversation(call, service, this.#context.clock, () => this.#open.delete(call));
    this.#open.set(call, conversation);
    conversation.place();
    return call;
  }

  /** The call with this id, if it is one of `user`'s. */
  callOf(user: User, id: number): UserCall | undefined {
    const call = this.#calls.get(id);
    return call?.user === user ? call : undefined;
  }

  /** All calls of `user`, oldest first. */
  callsOf(user: User): UserCall[] {
    return [...this.#calls.values()].filter((call) => call.user === user);
  }

  /** Hangs up `call`, which is not over. */
  hangUp(call: UserCall): void {
    this.#open.get(call)?.end();
  }

  /** Samples that have passed through the voice bridge of `call`; 0 once it is over. */
  positionOf(call: UserCall): number {
    return this.#open.get(call)?.position ?? 0;
  }

  /** Ends all calls; resolves when their streams are flushed and closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((conversation) => conversation.end()));
  }
}

/** A call between a user and a service. */
class Conversation {
  readonly #call: UserCall;
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #bridge: Bridge | undefined;
  #cancelTimer: CancelTimer | undefined;
  #ended: Promise<void> | undefined;

  constructor(call: UserCall, service: Service, clock: Clock, onEnd: () => void) {
    this.#call = call;
    this.#service = service;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get position(): number {
    return this.#bridge?.position ?? 0;
  }

  place(): void {
    this.#after(0, () => {
      this.#call.setStatus('UNPLACED');
      this.#call.setStatus('ROUTING');
      this.#after(ROUTING_MS, () => this.#ring());
    });
  }

  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  #ring(): void {
    this.#call.setStatus('RINGING');
    this.#after(this.#service.ringMs, () => this.#answer());
  }

  #answer(): void {
    const robot = new Robot(this.#service.script, {
      listening: (active) => this.#call.setListening(active),
      finished: () => void this.end(),
    });
    this.#call.setListening(false);
    this.#call.setStatus('INPROGRESS');
    this.#bridge = new Bridge(this.#clock, [this.#call.voice, robot]);
    this.#bridge.start();
    this.#countSeconds(this.#clock.now(), 1);
  }

  #countSeconds(answeredAt: number, seconds: number): void {
    this.#cancelTimer = this.#clock.timerAt(answeredAt + seconds * 1000, () => {
      this.#call.setDuration(seconds);
      this.#countSeconds(answeredAt, seconds + 1);
    });
  }

  /** The status comes first, then the streams are flushed and closed: recorders go on until their sockets end. */
  async #end(): Promise<void> {
    this.#cancelTimer?.();
    if (!isTerminalCallStatus(this.#call.status)) {
      this.#call.setStatus(OVER_BEFORE_ANSWER.has(this.#call.status) ? 'CANCELLED' : 'FINISHED');
    }
    if (this.#bridge) await this.#bridge.end();
    else await this.#call.voice.leave();
    this.#onEnd();
  }

  #after(ms: number, task: () => void): void {
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + ms, task);
  }
}
