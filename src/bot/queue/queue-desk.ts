import { JackfieldError } from '../../base/errors.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { checkAgent, DeskAgent, firstOf, type QueueAgent } from './queue-agents.js';
import {
  countEnd,
  newCounts,
  type QueueCounts,
  type QueueFigures,
  serviceLevelOf,
  TalkTimes,
} from './queue-figures.js';
import type { QueueState } from './queue-state.js';
import { comesBefore, type QueueEnd, Ticket, type TicketFacts } from './queue-ticket.js';

/** Functions with which the desk acts on calls and reports changes. */
export interface DeskParts {
  readonly clock: Clock;
  /** Longest wait that counts as in time for the service level, in milliseconds. */
  readonly serviceLevelMs: number;
  /** Has `agent` take the caller. The owner calls {@link QueueDesk.release} when that call is completely over. */
  readonly offer: (ticket: Ticket, agent: DeskAgent) => void;
  /** Reports a change of the state that is kept over a restart. */
  readonly changed: () => void;
  /** Reports that a caller's place is not kept any longer. */
  readonly expired: (ticket: Ticket) => void;
}

/** A new caller. */
export interface Arrival {
  readonly partner: string;
  readonly priority: number;
  readonly skills: readonly string[];
}

/**
 * Keeps the callers, in order, and the agents, and matches them. It has no access to calls: its owner carries out its
 * decisions, and reports the results to it.
 */
export class QueueDesk {
  readonly #parts: DeskParts;
  readonly #agents = new Map<string, DeskAgent>();
  /** Waiting callers, in order. */
  #waiting: Ticket[] = [];
  #talking = 0;
  #nextId = 1;
  readonly #counts: QueueCounts;
  readonly #talks: TalkTimes;
  #cancelWake: CancelTimer | undefined;
  #matching = false;
  #callsBack = false;
  #stopped = false;

  constructor(parts: DeskParts, state?: QueueState, keepPlaceMs = 0) {
    this.#parts = parts;
    this.#counts = { ...newCounts(), ...state?.counts };
    this.#talks = new TalkTimes(state?.talks);
    const { clock } = parts;
    for (const { away, ...facts } of state?.tickets ?? []) {
      const enteredAt = clock.now() - (clock.unixMs() - facts.enteredAtMs);
      const until = clock.now() + keepPlaceMs;
      const found = away
        ? ({ at: 'away', notBefore: clock.now() } as const)
        : ({ at: 'lost', until } as const);
      this.#insert(new Ticket(facts, enteredAt, found));
      this.#nextId = Math.max(this.#nextId, facts.id + 1);
    }
    this.#match();
  }

  get waiting(): readonly Ticket[] {
    return this.#waiting;
  }

  get agents(): readonly DeskAgent[] {
    return [...this.#agents.values()];
  }

  /** True when a free agent has these skills. */
  isFree(skills: readonly string[]): boolean {
    return firstOf(this.#freeFor(skills)) !== undefined;
  }

  /** Returns the place that is kept for a caller that is not on the line. */
  kept(partner: string): Ticket | undefined {
    return this.#waiting.find(
      (ticket) => ticket.partner === partner && (ticket.state.at === 'away' || ticket.state.at === 'lost'),
    );
  }

  enter({ partner, priority, skills }: Arrival): Ticket {
    const facts = { id: this.#nextId++, partner, target: partner, priority, skills, attempts: 0 };
    const ticket = new Ticket(facts, this.#parts.clock.now(), { at: 'waiting' });
    this.#counts.entered++;
    this.#insert(ticket);
    this.#changed();
    return ticket;
  }

  /** Counts a new caller that was turned away. */
  refuse(): void {
    this.#counts.refused++;
    this.#parts.changed();
  }

  /** Moves a caller to `waiting`: it is on the line. */
  wait(ticket: Ticket): void {
    ticket.move({ at: 'waiting' });
    this.#changed();
  }

  /** Moves a caller to `asked`: it keeps the place, and is not offered to agents. */
  ask(ticket: Ticket): void {
    ticket.move({ at: 'asked' });
    this.#changed();
  }

  /** Moves a caller to `away`: it is called back, from `notBefore` on. */
  away(ticket: Ticket, notBefore: number): void {
    if (ticket.state.at === 'gone') return;
    ticket.move({ at: 'away', notBefore });
    this.#changed();
  }

  /** Counts a call-back that is about to be placed. */
  attempt(ticket: Ticket): void {
    ticket.attempts++;
    this.#parts.changed();
  }

  /** Moves a caller to `talking`, with the agent that it was offered to. */
  connected(ticket: Ticket): void {
    const { state } = ticket;
    if (state.at !== 'offered')
      throw new JackfieldError('ERR_INVALID_STATE', 'Nobody was offered this caller.');
    ticket.move({ at: 'talking', agent: state.agent });
    this.#remove(ticket);
    this.#talking++;
    const waitedMs = this.waitedMs(ticket);
    this.#counts.handled++;
    this.#counts.waitedMs += waitedMs;
    if (waitedMs <= this.#parts.serviceLevelMs) this.#counts.handledInTime++;
    this.#changed();
  }

  /** Removes a caller: `handled` after the talk, otherwise the reason why there was no talk. */
  leave(ticket: Ticket, why: QueueEnd): void {
    if (ticket.state.at === 'gone') return;
    if (ticket.state.at === 'talking') this.#talking--;
    else if (why !== 'handled') countEnd(this.#counts, why);
    ticket.move({ at: 'gone', why });
    this.#remove(ticket);
    this.#changed();
  }

  /**
   * Ends an agent's call: the agent can take the next caller after `restMs`.
   *
   * @param talked True when it has talked to the caller.
   */
  release(agent: DeskAgent, restMs: number, talked: boolean): void {
    const now = this.#parts.clock.now();
    if (agent.state.at !== 'taken') return;
    if (talked) this.#talks.add(now + restMs - agent.state.since);
    agent.rest(now + restMs);
    this.#changed();
  }

  /** Adds an agent. @throws ERR_INVALID_ARG, also for a name that is in use. */
  add(facts: QueueAgent): void {
    checkAgent(facts);
    if (this.#agents.has(facts.name)) {
      throw new JackfieldError(
        'ERR_INVALID_ARG',
        `The agent name ${facts.name} is already used: names must be unique.`,
      );
    }
    this.#agents.set(facts.name, new DeskAgent(facts, this.#parts.clock.now()));
    this.#match();
  }

  /** Removes an agent. A caller that it has stays with it. */
  remove(name: string): void {
    this.#named(name);
    this.#agents.delete(name);
  }

  /** Pauses or resumes an agent. A paused agent is offered no callers. */
  pause(name: string, paused: boolean): void {
    this.#named(name).pause(paused);
    this.#match();
  }

  /** Enables call-backs. */
  callBacks(): void {
    if (this.#callsBack) return;
    this.#callsBack = true;
    this.#match();
  }

  /** Stops offering callers to agents. */
  stop(): void {
    this.#stopped = true;
    this.#cancelWake?.();
  }

  /** Returns the position of a caller; 1 for the next. */
  position(ticket: Ticket): number {
    return this.#waiting.indexOf(ticket) + 1;
  }

  waitedMs(ticket: Ticket): number {
    return this.#parts.clock.now() - ticket.enteredAt;
  }

  /** Estimates the remaining wait of a caller, in milliseconds; undefined when nothing was measured yet. */
  estimate(ticket: Ticket): number | undefined {
    const fit = this.agents.filter((agent) => !agent.paused && agent.has(ticket.skills));
    const position = this.position(ticket);
    const free = fit.filter((agent) => this.#isFree(agent)).length;
    return position <= free ? 0 : this.#talks.estimate(position, fit.length);
  }

  figures(): QueueFigures {
    const { waitedMs, ...counts } = this.#counts;
    const waits = this.#waiting.map((ticket) => this.waitedMs(ticket));
    return {
      ...counts,
      waiting: this.#waiting.length,
      callBacks: this.#waiting.filter(({ state }) => state.at === 'away').length,
      longestMs: waits.reduce((most, ms) => Math.max(most, ms), 0),
      talking: this.#talking,
      agents: this.#agents.size,
      free: this.agents.filter((agent) => this.#isFree(agent)).length,
      averageWaitMs: counts.handled === 0 ? 0 : waitedMs / counts.handled,
      serviceLevel: serviceLevelOf(this.#counts),
    };
  }

  /** Returns the state that is kept over a restart. */
  state(): QueueState {
    const { clock } = this.#parts;
    const tickets = this.#waiting.map((ticket): TicketFacts & { away: boolean } => {
      const { id, partner, target, priority, skills, attempts, enteredAt, state } = ticket;
      const enteredAtMs = clock.unixMs() - (clock.now() - enteredAt);
      const away = state.at === 'away' || attempts > 0;
      return { id, partner, target, priority, skills: [...skills], attempts, enteredAtMs, away };
    });
    return { version: 1, tickets, counts: this.#counts, talks: [...this.#talks.recent] };
  }

  #named(name: string): DeskAgent {
    const agent = this.#agents.get(name);
    if (agent) return agent;
    const names = [...this.#agents.keys()].join(', ') || 'none';
    throw new JackfieldError('ERR_INVALID_ARG', `There is no agent ${name}; there are: ${names}.`);
  }

  #insert(ticket: Ticket): void {
    const after = this.#waiting.findIndex((other) => comesBefore(ticket, other));
    this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, ticket);
  }

  #remove(ticket: Ticket): void {
    this.#waiting = this.#waiting.filter((other) => other !== ticket);
  }

  #isFree(agent: DeskAgent): boolean {
    return (agent.freeFrom ?? Infinity) <= this.#parts.clock.now();
  }

  #freeFor(skills: readonly string[]): DeskAgent[] {
    return this.agents.filter((agent) => this.#isFree(agent) && agent.has(skills));
  }

  #isReady({ state }: Ticket): boolean {
    if (state.at === 'waiting') return true;
    return state.at === 'away' && this.#callsBack && state.notBefore <= this.#parts.clock.now();
  }

  #changed(): void {
    this.#parts.changed();
    this.#match();
  }

  /** Offers ready callers, in order, to free agents. Then sets a timer for the next time at which this may change. */
  #match(): void {
    if (this.#matching || this.#stopped) return;
    this.#matching = true;
    try {
      this.#expire();
      for (const ticket of [...this.#waiting]) {
        const agent = this.#isReady(ticket) ? firstOf(this.#freeFor(ticket.skills)) : undefined;
        if (!agent) continue;
        agent.take(ticket.id, this.#parts.clock.now());
        ticket.move({ at: 'offered', agent });
        this.#parts.offer(ticket, agent);
      }
    } finally {
      this.#matching = false;
    }
    this.#wake();
  }

  #expire(): void {
    const now = this.#parts.clock.now();
    for (const ticket of [...this.#waiting]) {
      if (ticket.state.at !== 'lost' || ticket.state.until > now) continue;
      this.leave(ticket, 'expired');
      this.#parts.expired(ticket);
    }
  }

  #wake(): void {
    const { clock } = this.#parts;
    const times = [
      ...this.agents.map(({ freeFrom }) => freeFrom ?? Infinity),
      ...this.#waiting.map(({ state }) =>
        state.at === 'away' ? state.notBefore : state.at === 'lost' ? state.until : Infinity,
      ),
    ];
    const next = times.filter((at) => at > clock.now()).reduce((first, at) => Math.min(first, at), Infinity);
    this.#cancelWake?.();
    this.#cancelWake = next === Infinity ? undefined : clock.timerAt(next, () => this.#match());
  }
}
