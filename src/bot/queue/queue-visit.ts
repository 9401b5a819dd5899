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

/** End of a caller's time in a queue. Times are in milliseconds. */
export type QueueResult =
  /** An agent has talked to the caller; `endedBy` hung up first. */
  | {
      readonly ended: 'served';
      readonly agent: string;
      readonly endedBy: 'caller' | 'agent';
      readonly waitedMs: number;
      readonly talkedMs: number;
    }
  /** The caller is to be called back, and can hang up. */
  | { readonly ended: 'call-back'; readonly waitedMs: number; readonly position: number }
  | { readonly ended: 'key'; readonly key: string; readonly waitedMs: number }
  /** The wait was too long; the queue was full, or closed. */
  | { readonly ended: 'time' | 'full' | 'closed'; readonly waitedMs: number };

/** Parts of a queue that a visit needs. */
export interface VisitParts {
  readonly desk: QueueDesk;
  readonly options: ResolvedQueue;
  readonly maxWaitMs: number;
  /** Told when an agent has the caller. */
  readonly onAgent: ((agent: string) => void) | undefined;
  readonly place: (call: BotCall, ticket: Ticket) => QueuePlace;
  /** Told of what went wrong while the caller goes on waiting. */
  readonly failed: (error: unknown) => void;
  /** Resolves when the queue is on the disk. */
  readonly saved: () => Promise<void>;
  /** The caller is promised to be called back. */
  readonly promised: (ticket: Ticket, call: BotCall) => void;
  /** The caller has left without an agent. */
  readonly left: (ticket: Ticket, call: BotCall) => void;
}

/** One caller on the line of a queue: hears music and announcements, presses keys, and is taken, leaves or hangs up. */
export class QueueVisit {
  readonly call: BotCall;
  readonly ticket: Ticket;
  readonly #parts: VisitParts;
  readonly #outcome: Deferred<QueueResult> = deferred();
  readonly #undo: (() => void)[] = [];
  #timeIsUp = false;
  /** Fires when the caller cannot be taken any more, or not now. */
  #gone = new AbortController();
  /** Fires when nothing is to be heard any more. */
  #quiet = new AbortController();
  #greeted: Promise<void> = Promise.resolve();
  #music: Promise<void> = Promise.resolve();

  constructor(call: BotCall, ticket: Ticket, parts: VisitParts) {
    this.call = call;
    this.ticket = ticket;
    this.#parts = parts;
    // A rejection is for those who wait; the end of the call is told by the call.
    this.#outcome.promise.catch(() => undefined);
  }

  /** Fires when the agent who is called for this caller is not needed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The caller waits until the outcome is there. @throws ERR_CALL_ENDED, ERR_ABORTED. */
  async wait(greeting: Speakable | undefined, signal: AbortSignal | undefined): Promise<QueueResult> {
    const { call, ticket } = this;
    const { maxWaitMs } = this.#parts;
    this.#undo.push(whenFired(call.signal, () => this.leave('abandoned', call.signal.reason)));
    if (signal) {
      const withdrawn = () =>
        new JackfieldError('ERR_ABORTED', 'The caller was taken out of the queue.', { cause: signal.reason });
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

  /** Resolves when the caller has heard the greeting, where there is one. */
  async greeted(): Promise<void> {
    await this.#greeted;
  }

  /** Stops what is heard, a greeting when it is over; resolves when the line is silent. */
  async silence(): Promise<void> {
    await this.#greeted;
    this.#quiet.abort();
    await this.#music;
    if (!this.call.signal.aborted) await this.call.clear();
  }

  /** The agent who was called has not taken the caller. */
  declined(): void {
    if (this.ticket.state.at !== 'offered') return;
    if (this.#timeIsUp) this.leave('time', { ended: 'time', waitedMs: this.#waitedMs });
    else this.#parts.desk.wait(this.ticket);
  }

  /** The talk begins. What the program does then is kept away from it. */
  taken(agent: string): void {
    new Fence((error) => this.#parts.failed(error)).run('onAgent', () => this.#parts.onAgent?.(agent));
  }

  /** The talk is over. */
  served(result: QueueResult): void {
    this.#outcome.resolve(result);
  }

  /** The talk, or what the caller was to hear, has failed. */
  failed(error: unknown): void {
    this.#outcome.reject(error as Error);
  }

  /** The caller is not waiting any more. Does nothing once it was taken. */
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
    // An agent who rings may still answer.
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

  /** The caller wants to be called back. What the program asks may fail; the caller then waits no more. */
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
      // Not before the caller has hung up.
      desk.away(ticket, Infinity);
      promised(ticket, call);
      await saved();
      if (options.callBack?.promise !== undefined) await call.say(options.callBack.promise);
      this.#outcome.resolve({ ended: 'call-back', waitedMs, position });
    } catch (error) {
      // Where the place was not kept yet, it is lost with what was asked.
      this.leave('withdrawn', error as Error);
      this.#outcome.reject(error as Error);
    }
  }
}
