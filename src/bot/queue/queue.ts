import { checkArgument, flag, words } from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { TaskSet } from '../../base/task-set.js';
import { whenFired } from '../../base/wait.js';
import { bot } from '../bot.js';
import type { BotCall } from '../bot-call.js';
import { BOT_CALL } from '../bot-call-options.js';
import type { Speakable } from '../prompt/speakable.js';
import type { DeskAgent, QueueAgent } from './queue-agents.js';
import { QueueDesk } from './queue-desk.js';
import type { QueueFigures } from './queue-figures.js';
import {
  checkEnter,
  type EnterOptions,
  type QueueOptions,
  type ResolvedQueue,
  resolveQueue,
} from './queue-options.js';
import type { QueuePlace } from './queue-place.js';
import { QueueFile } from './queue-state.js';
import { connect, isOfferedTo, type QueueEvent, type TalkParts } from './queue-talk.js';
import type { QueueEnd, Ticket } from './queue-ticket.js';
import { type QueueResult, QueueVisit } from './queue-visit.js';

export interface QueueEvents extends FencedEvents {
  event: [event: QueueEvent];
  /** The state could not be written, or a prompt or a question failed. The queue goes on. */
  failed: [error: Error];
}

type StartCall = BotCall['startCall'];

/**
 * A queue of callers. They wait in order, hear music and announcements, and are put through to agents as agents become
 * free. A caller may hang up and be called back. See docs/queues.md.
 *
 * ```ts
 * const queue = await Queue.open({ agents: [{ name: 'anna', dial: 'anna' }], music: 'music' });
 * const desk = bot(async (call) => {
 *   const { ended } = await queue.enter(call);
 *   if (ended === 'full') await call.say('all-busy');
 * });
 * ```
 */
export class Queue extends FencedEmitter<QueueEvents> implements AsyncDisposable {
  readonly #options: ResolvedQueue;
  readonly #desk: QueueDesk;
  readonly #file: QueueFile | undefined;
  readonly #talks: TalkParts;
  readonly #visits = new Map<number, QueueVisit>();
  /** Call-backs that are ringing. Each ends when its signal fires. */
  readonly #ringing = new Map<number, AbortController>();
  readonly #tasks = new TaskSet((error) => void this.emit('failed', asError(error)));
  #startCall: StartCall | undefined;
  #isShut = false;

  private constructor(
    options: ResolvedQueue,
    opened: Awaited<ReturnType<typeof QueueFile.open>> | undefined,
  ) {
    super();
    this.#options = options;
    this.#file = opened?.file;
    const { clock, serviceLevelMs, keepPlaceMs, host } = options;
    const parts = {
      ...{ clock, serviceLevelMs },
      offer: (ticket: Ticket, agent: DeskAgent) =>
        this.#tasks.add(Promise.resolve().then(() => this.#offered(ticket, agent))),
      changed: () => void this.#save(),
      expired: (ticket: Ticket) => this.#tell('left', ticket, { why: 'expired' }),
    };
    this.#desk = new QueueDesk(parts, opened?.state, keepPlaceMs);
    this.#talks = {
      ...{ desk: this.#desk, options },
      placeOf: (ticket) => this.#placeOf(ticket),
      tell: (what, ticket, facts) => this.#tell(what, ticket, facts),
    };
    for (const agent of options.agents) this.#desk.add(agent);
    if (!host) return;
    const { name } = options;
    this.#useCalls((target, script, limits) => host.call(bot(script, { name }), target, limits));
  }

  /**
   * Opens a queue. With `folder` it continues with the state there: promised call-backs are placed, and callers that
   * were on the line keep their place for their next call.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE for a state that cannot be read; ERR_INVALID_STATE when another queue has the
   * folder.
   */
  static async open(options: QueueOptions = {}): Promise<Queue> {
    const resolved = resolveQueue(options);
    const { folder, clock } = resolved;
    let queue: Queue | undefined;
    const failed = (error: unknown) => void queue?.emit('failed', asError(error));
    const opened = folder === undefined ? undefined : await QueueFile.open(folder, clock, failed);
    try {
      queue = new Queue(resolved, opened);
      return queue;
    } catch (error) {
      await opened?.file[Symbol.asyncDispose]();
      throw error;
    }
  }

  get name(): string {
    return this.#options.name;
  }

  get figures(): QueueFigures {
    return this.#desk.figures();
  }

  /** Waiting callers, in order. `away` is true for a caller that is not on the line. */
  get waiting(): readonly (Omit<QueuePlace, 'language'> & { readonly away: boolean })[] {
    return this.#desk.waiting.map((ticket) => ({
      ...this.#placeOf(ticket),
      away: !this.#visits.has(ticket.id),
    }));
  }

  /** Everything that it says, as far as known beforehand. For the option `says` of a bot. */
  get says(): readonly Speakable[] {
    const { music, callBack, agentGreeting } = this.#options;
    const greeting = typeof agentGreeting === 'function' ? undefined : agentGreeting;
    return [music, callBack?.promise, callBack?.greeting, greeting].filter((each) => each !== undefined);
  }

  /**
   * Has a caller wait for an agent and talk to it. Resolves when that is over. If the call goes on, the script
   * continues. A caller that was waiting for a call-back, or was cut off by a restart, gets its old place.
   *
   * @throws ERR_CALL_ENDED when the caller hangs up while waiting, ERR_ABORTED, ERR_INVALID_ARG; errors of an agent's
   * script and of `callBack.number`.
   */
  async enter(call: BotCall, options: EnterOptions = {}): Promise<QueueResult> {
    checkArgument('call', call, BOT_CALL);
    checkEnter(options);
    const { priority = 0, skills = [], maxWaitMs = this.#options.maxWaitMs, onAgent, signal } = options;
    call.signal.throwIfAborted();
    const { handle: partner } = call.partner;
    const kept = this.#kept(partner);
    const refusal = this.#refusal(kept, skills);
    if (refusal) {
      this.#desk.refuse();
      this.#emit('refused', partner, { call: call.id, why: refusal, waitedMs: 0 });
      return { ended: refusal, waitedMs: 0 };
    }
    if (!this.#options.host)
      this.#useCalls((target, script, limits) => call.startCall(target, script, limits));
    const ticket = kept ?? this.#desk.enter({ partner, priority, skills });
    const visit = this.#visit(call, ticket, maxWaitMs, onAgent);
    if (kept) this.#takesPlace(kept);
    this.#tell(kept ? 'returned' : 'entered', ticket, { call: call.id });
    return await this.#until(visit, undefined, signal);
  }

  /** Adds an agent. @throws ERR_INVALID_ARG, also for a name that is in use. */
  add(agent: QueueAgent): void {
    this.#desk.add(agent);
  }

  /** Removes an agent. Its talk goes on to the end. @throws ERR_INVALID_ARG for an unknown name. */
  remove(name: string): void {
    checkArgument('name', name, words);
    this.#desk.remove(name);
  }

  /**
   * Pauses an agent: it is offered no callers until it is resumed. Its talk goes on to the end.
   *
   * @throws ERR_INVALID_ARG.
   */
  pause(name: string): void {
    checkArgument('name', name, words);
    this.#desk.pause(name, true);
  }

  /** Resumes a paused agent. @throws ERR_INVALID_ARG for an unknown name. */
  resume(name: string): void {
    checkArgument('name', name, words);
    this.#desk.pause(name, false);
  }

  /** Turns new callers away from now on, or takes them again. Waiting callers go on waiting. */
  shut(isShut = true): void {
    checkArgument('isShut', isShut, flag);
    this.#isShut = isShut;
  }

  /**
   * Closes the queue. Waiting callers leave it with `closed`, talks go on to their end, and promised call-backs are
   * kept for the next queue that opens the folder. Resolves when the last talk is over and the state is on disk.
   */
  async close(): Promise<void> {
    this.#isShut = true;
    this.#desk.stop();
    for (const ringing of this.#ringing.values()) ringing.abort();
    for (const visit of [...this.#visits.values()]) {
      visit.leave('closed', { ended: 'closed', waitedMs: this.#desk.waitedMs(visit.ticket) });
    }
    await this.#tasks.settled();
    await this.#save();
    await this.#file?.[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #kept(partner: string): Ticket | undefined {
    // Callers that withhold their number cannot be distinguished.
    if (partner === '') return undefined;
    return this.#desk.waiting.find((ticket) => ticket.partner === partner && !this.#visits.has(ticket.id));
  }

  #refusal(kept: Ticket | undefined, skills: readonly string[]): 'full' | 'closed' | undefined {
    if (this.#isShut) return 'closed';
    const isFull = this.#desk.waiting.length >= this.#options.maxWaiting && !this.#desk.isFree(skills);
    return isFull && !kept ? 'full' : undefined;
  }

  #useCalls(startCall: StartCall): void {
    this.#startCall = startCall;
    this.#desk.callBacks();
  }

  /** Gives a caller on the line its kept place. Aborts a call-back that is ringing, since it is not needed. */
  #takesPlace(ticket: Ticket): void {
    this.#ringing.get(ticket.id)?.abort();
    this.#desk.wait(ticket);
  }

  #visit(call: BotCall, ticket: Ticket, maxWaitMs: number, onAgent?: EnterOptions['onAgent']): QueueVisit {
    const { callBack, clock } = this.#options;
    const visit = new QueueVisit(call, ticket, {
      ...{ desk: this.#desk, options: this.#options, maxWaitMs, onAgent },
      place: (_, waiting) => ({ ...this.#placeOf(waiting), language: call.language }),
      failed: (error) => void this.emit('failed', asError(error)),
      saved: () => this.#save(),
      left: (_, { id }) => this.#tell('left', ticket, { call: id }),
      promised: () => {
        this.#tell('call-back', ticket, { call: call.id });
        whenFired(call.signal, () => {
          // A caller that has called again meanwhile waits on the line.
          if (ticket.state.at === 'away') this.#desk.away(ticket, clock.now() + (callBack?.afterMs ?? 0));
        });
      },
    });
    this.#visits.set(ticket.id, visit);
    return visit;
  }

  async #until(visit: QueueVisit, greeting?: Speakable, signal?: AbortSignal): Promise<QueueResult> {
    try {
      return await visit.wait(greeting, signal);
    } finally {
      if (this.#visits.get(visit.ticket.id) === visit) this.#visits.delete(visit.ticket.id);
    }
  }

  /** Carries out an offer of the desk. */
  async #offered(ticket: Ticket, agent: DeskAgent): Promise<void> {
    const visit = this.#visits.get(ticket.id);
    if (!isOfferedTo(ticket, agent)) return this.#desk.release(agent, 0, false);
    if (!visit) return await this.#callBack(ticket, agent);
    await connect(visit, agent, this.#talks);
  }

  /** Calls a caller back. The agent is kept free meanwhile. */
  async #callBack(ticket: Ticket, agent: DeskAgent): Promise<void> {
    const ringing = new AbortController();
    this.#ringing.set(ticket.id, ringing);
    this.#desk.attempt(ticket);
    await this.#save();
    this.#tell('calling-back', ticket, { agent });
    let met = false;
    let error: unknown;
    const script = async (call: BotCall) => {
      if (!isOfferedTo(ticket, agent)) return;
      met = true;
      const visit = this.#visit(call, ticket, Infinity);
      const result = this.#until(visit, this.#options.callBack?.greeting);
      this.#tasks.add(connect(visit, agent, this.#talks));
      await result;
    };
    const limits = { timeoutMs: this.#options.callBack?.ringMs ?? 30_000, signal: ringing.signal };
    try {
      const placed = await this.#startCall?.(ticket.target, script, limits);
      error = placed?.error ?? placed?.status;
    } catch (failure) {
      error = failure;
    }
    this.#ringing.delete(ticket.id);
    if (met) return;
    if (isOfferedTo(ticket, agent)) this.#notReached(ticket, error);
    this.#desk.release(agent, 0, false);
  }

  #notReached(ticket: Ticket, error: unknown): void {
    const { clock, callBack } = this.#options;
    const isClosed = error instanceof JackfieldError && error.code === 'ERR_CLOSED';
    const isOver = ticket.attempts >= (callBack?.attempts ?? 1) && !this.#isShut && !isClosed;
    if (isOver) {
      this.#desk.leave(ticket, 'unreached');
      this.#tell('left', ticket, { why: 'unreached' });
    } else this.#desk.away(ticket, isClosed ? Infinity : clock.now() + (callBack?.retryAfterMs ?? 0));
  }

  #placeOf(ticket: Ticket): Omit<QueuePlace, 'language'> {
    return {
      ...{ queue: this.name, partner: ticket.partner, position: this.#desk.position(ticket) },
      ...{ estimateMs: this.#desk.estimate(ticket), waitedMs: this.#desk.waitedMs(ticket) },
    };
  }

  #tell(
    what: QueueEvent['what'],
    ticket: Ticket,
    { agent, why, call }: { agent?: DeskAgent; why?: string; call?: number },
  ): void {
    const end: QueueEnd | undefined = ticket.state.at === 'gone' ? ticket.state.why : undefined;
    const reason = why ?? (what === 'left' ? end : undefined);
    this.#emit(what, ticket.partner, {
      waitedMs: this.#desk.waitedMs(ticket),
      ...(agent && { agent: agent.name }),
      ...(reason !== undefined && { why: reason }),
      ...(call !== undefined && { call }),
    });
  }

  #emit(
    what: QueueEvent['what'],
    partner: string,
    facts: Pick<QueueEvent, 'agent' | 'why' | 'call' | 'waitedMs'>,
  ): void {
    this.emit('event', { what, queue: this.name, partner, ...facts, figures: this.figures });
  }

  async #save(): Promise<void> {
    await this.#file?.write(() => this.#desk.state());
  }
}
