import { type Deferred, deferred } from '../../base/deferred.js';
import { JackfieldError } from '../../base/errors.js';
import { Fence } from '../../base/listener/fence.js';
import { whenFired } from '../../base/wait.js';
import type { BotCall } from '../bot-call.js';
import type { Speakable } from '../prompt/speakable.js';
import type { QueueDesk } from './queue-desk.js';
import type { ResolvedQueue } from './queue-options.js';
import type { QueuePlace } from './queue-place.js';
import type { Ticket } from './queue-ticket.js';

/** Result of a caller's time in a queue. Times are in milliseconds. */
export type QueueResult =
  /** An agent has talked to the caller; `endedBy` hung up first. */
  | {
      readonly ended: 'served';
      readonly agent: string;
      readonly endedBy: 'caller' | 'agent';
      readonly waitedMs: number;
      readonly talkedMs: number;
    }
  /** The caller is going to be called back, and can hang up. */
  | { readonly ended: 'call-back'; readonly waitedMs: number; readonly position: number }
  | { readonly ended: 'key'; readonly key: string; readonly waitedMs: number }
  /** The wait was too long; the queue was full, or closed. */
  | { readonly ended: 'time' | 'full' | 'closed'; readonly waitedMs: number };

/** Parts of a queue that a visit needs. */
export interface VisitParts {
  readonly desk: QueueDesk;
  readonly options: ResolvedQueue;
  readonly maxWaitMs: number;
  /** Called when an agent has the caller. */
  readonly onAgent: ((agent: string) => void) | undefined;
  readonly place: (call: BotCall, ticket: Ticket) => QueuePlace;
  /** Called for an error after which the caller goes on waiting. */
  readonly failed: (error: unknown) => void;
  /** Resolves when the state of the queue is on disk. */
  readonly saved: () => Promise<void>;
  /** Called when a call-back was promised. */
  readonly promised: (ticket: Ticket, call: BotCall) => void;
  /** Called when the caller has left without an agent. */
  readonly left: (ticket: Ticket, call: BotCall) => void;
}

/**
 * One caller on the line of a queue. It hears music and announcements, may press keys, and is taken, leaves or hangs
 * up.
 */
export class QueueVisit {
  readonly call: BotCall;
  readonly ticket: Ticket;
  readonly #parts: VisitParts;
  readonly #outcome: Deferred<QueueResult> = deferred();
  readonly #undo: (() => void)[] = [];
  #timeIsUp = false;
  /** Fires when an agent cannot take the caller, at present or any more. */
  #gone = new AbortController();
  /** Fires when music and announcements have to stop. */
  #quiet = new AbortController();
  #greeted: Promise<void> = Promise.resolve();
  #music: Promise<void> = Promise.resolve();

  constructor(call: BotCall, ticket: Ticket, parts: VisitParts) {
    this.call = call;
    this.ticket = ticket;
    this.#parts = parts;
    // A rejection reaches {@link wait}. Without a wait it must not count as unhandled.
    this.#outcome.promise.catch(() => undefined);
  }

  /** Fires when the agent that is being called is not needed any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Waits with the caller until the outcome. @throws ERR_CALL_ENDED, ERR_ABORTED. */
  async wait(greeting: Speakable | undefined, signal: AbortSignal | undefined): Promise<QueueResult> {
    const { call, ticket } = this;
    const { maxWaitMs } = this.#parts;
    this.#undo.push(whenFired(call.signal, () => this.leave('abandoned', call.signal.reason)));
    if (signal) {
      const withdrawn = () =>
        new JackfieldError('ERR_ABORTED', 'The caller was removed from the queue.', { cause: signal.reason });
      this.#undo.push(whenFired(signal, () => this.leave('withdrawn', withdrawn())));
    }
    if (maxWaitMs < Infinity) {
      const { clock } = this.#parts.options;
      this.#undo.push(clock.timerAt(clock.now() + maxWaitMs, () => this.#expire()));
    }
    if (ticket.waits) this.#begin(greeting);
    try {
      return await call.ignoringKeys(() => this.#outcome.promise);
    } finally {
      for (const undo of this.#undo) undo();
      this.#end();
    }
  }

  /** Resolves when the greeting, if any, has been said. */
  async greeted(): Promise<void> {
    await this.#greeted;
  }

  /** Stops music and announcements, after the greeting. Resolves when the line is silent. */
  async silence(): Promise<void> {
    await this.#greeted;
    this.#quiet.abort();
    await this.#music;
    if (!this.call.signal.aborted) await this.call.clear();
  }

  /** Handles that the agent has not taken the caller: it waits on, or leaves when its time is up. */
  declined(): void {
    if (this.ticket.state.at !== 'offered') return;
    if (this.#timeIsUp) this.leave('time', { ended: 'time', waitedMs: this.#waitedMs });
    else this.#parts.desk.wait(this.ticket);
  }

  /** Calls `onAgent`. An error of that function does not affect the talk. */
  taken(agent: string): void {
    new Fence((error) => this.#parts.failed(error)).run('onAgent', () => this.#parts.onAgent?.(agent));
  }

  /** Ends the visit with a result. */
  served(result: QueueResult): void {
    this.#outcome.resolve(result);
  }

  /** Ends the visit with an error. */
  failed(error: unknown): void {
    this.#outcome.reject(error as Error);
  }

  /** Ends the wait of the caller. Does nothing once an agent has taken it. */
  leave(why: 'abandoned' | 'time' | 'closed' | 'key' | 'withdrawn', result: QueueResult | Error): void {
    const { ticket, call } = this;
    if (!ticket.waits || ticket.state.at === 'away') return;
    this.#end();
    this.#parts.desk.leave(ticket, why);
    this.#parts.left(ticket, call);
    if (result instanceof Error) this.#outcome.reject(result);
    else this.#outcome.resolve(result);
  }

  get #waitedMs(): number {
    return this.#parts.desk.waitedMs(this.ticket);
  }

  #expire(): void {
    this.#timeIsUp = true;
    // An agent that is ringing may still answer.
    if (this.ticket.state.at === 'waiting') this.leave('time', { ended: 'time', waitedMs: this.#waitedMs });
  }

  #begin(greeting?: Speakable): void {
    this.#gone = new AbortController();
    this.#quiet = new AbortController();
    const quiet = this.#quiet.signal;
    const unless = (error: unknown) => {
      if (!quiet.aborted && !this.call.signal.aborted) this.#parts.failed(error);
    };
    if (greeting !== undefined) {
      this.#greeted = this.call.say(greeting, { signal: quiet }).then(() => undefined, unless);
    }
    this.#music = this.#entertain(quiet).catch(unless);
    this.#listen(quiet).catch(unless);
  }

  #end(): void {
    this.#quiet.abort();
    this.#gone.abort();
  }

  async #entertain(signal: AbortSignal): Promise<void> {
    const { call, ticket } = this;
    const { music, announce } = this.#parts.options;
    await this.#greeted;
    while (!signal.aborted) {
      const isOffered = ticket.state.at === 'offered';
      const words = isOffered ? undefined : announce?.say(this.#parts.place(call, ticket));
      if (words !== undefined) await call.say(words, { signal });
      const timeoutMs = announce?.everyMs ?? Infinity;
      if (music === undefined) await call.pause(timeoutMs, { signal });
      else await call.say({ loop: music }, { signal, timeoutMs });
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { exitKeys, callBack } = this.#parts.options;
    if (exitKeys === '' && !callBack) return;
    const one = { min: 1, max: 1, terminators: '', timeoutMs: Infinity, signal } as const;
    for (let typeAhead = false; ; typeAhead = true) {
      const { digits } = await this.call.gather({ ...one, typeAhead });
      if (!this.ticket.waits) return;
      if (digits === callBack?.key) return await this.#promise();
      if (exitKeys.includes(digits)) {
        return this.leave('key', { ended: 'key', key: digits, waitedMs: this.#waitedMs });
      }
    }
  }

  /** Promises a call-back. When asking for the number fails, the caller's wait ends with that error. */
  async #promise(): Promise<void> {
    const { call, ticket } = this;
    const { desk, options, saved, promised } = this.#parts;
    try {
      this.#end();
      desk.ask(ticket);
      await this.silence();
      const target = options.callBack?.number ? await options.callBack.number(call) : ticket.partner;
      if (!ticket.waits) return;
      if (target === undefined || target === '') {
        desk.wait(ticket);
        return this.#begin();
      }
      ticket.target = target;
      const position = desk.position(ticket);
      const waitedMs = this.#waitedMs;
      // Not called back before the caller has hung up.
      desk.away(ticket, Infinity);
      promised(ticket, call);
      await saved();
      if (options.callBack?.promise !== undefined) await call.say(options.callBack.promise);
      this.#outcome.resolve({ ended: 'call-back', waitedMs, position });
    } catch (error) {
      // A caller that is not `away` yet loses the place.
      this.leave('withdrawn', error as Error);
      this.#outcome.reject(error as Error);
    }
  }
}
