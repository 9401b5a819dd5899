import {
  checkArgument,
  checkOptions,
  either,
  having,
  line,
  listOf,
  needed,
  type Rules,
  rule,
  within,
} from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { Bot, BotScript } from '../bot.js';

/** A person or program that takes callers of a queue, one at a time. It has either `dial` or `serve`. */
export interface QueueAgent {
  /** Shown in events and results. Names in a queue must differ. */
  readonly name: string;
  /** Skype name or phone number to call. Of several, the first that answers gets the caller. */
  readonly dial?: string | readonly string[] | undefined;
  /** Takes the caller in code: a bot, or its script. */
  readonly serve?: Bot | BotScript | undefined;
  /**
   * Priority, -1000 to 1000. The free agent with the highest priority comes first, then the one that has been idle
   * longest. Default 0.
   */
  readonly priority?: number | undefined;
  /** Skills of the agent. A caller is offered to agents that have all skills that it needs. */
  readonly skills?: readonly string[] | undefined;
}

const PHONE = line(1, 200);
const RULES: Rules<QueueAgent> = {
  name: needed(line(1, 100)),
  dial: either(PHONE, listOf(PHONE, 1)),
  serve: either(
    rule('a script', (value) => typeof value === 'function'),
    having('script'),
  ),
  priority: within(-1000, 1000),
  skills: listOf(line(1, 100)),
};

/** @throws ERR_INVALID_ARG */
export function checkAgent(agent: QueueAgent): void {
  checkOptions(agent, RULES, 'agent.');
  if ((agent.dial === undefined) !== (agent.serve === undefined)) return;
  throw invalidArgument(`agent ${agent.name}`, 'an agent with either dial or serve', agent);
}

/** The rule of a list of skills. */
export const SKILLS = listOf(line(1, 100));

type AgentState =
  | { readonly at: 'free'; readonly since: number }
  | { readonly at: 'taken'; readonly since: number; readonly by: number }
  | { readonly at: 'resting'; readonly until: number };

/** An agent at the desk. It is taken from the offer of a caller until that call is completely over. */
export class DeskAgent {
  readonly facts: QueueAgent;
  #state: AgentState;
  #paused = false;

  constructor(facts: QueueAgent, now: number) {
    this.facts = facts;
    this.#state = { at: 'free', since: now };
  }

  get name(): string {
    return this.facts.name;
  }

  get state(): AgentState {
    return this.#state;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Time from which the agent can take a caller; undefined while it has one, or is paused. */
  get freeFrom(): number | undefined {
    if (this.#paused || this.#state.at === 'taken') return undefined;
    return this.#state.at === 'free' ? this.#state.since : this.#state.until;
  }

  has(skills: readonly string[]): boolean {
    return skills.every((skill) => this.facts.skills?.includes(skill));
  }

  take(ticket: number, now: number): void {
    this.#state = { at: 'taken', since: now, by: ticket };
  }

  rest(until: number): void {
    this.#state = { at: 'resting', until };
  }

  pause(paused: boolean): void {
    checkArgument(
      'paused',
      paused,
      rule('true or false', (value) => typeof value === 'boolean'),
    );
    this.#paused = paused;
  }
}

/** Returns the agent that comes first: the highest priority, then the one that has been idle longest. */
export function firstOf(agents: Iterable<DeskAgent>): DeskAgent | undefined {
  let best: DeskAgent | undefined;
  const rank = ({ facts }: DeskAgent) => facts.priority ?? 0;
  for (const agent of agents) {
    const isBetter =
      !best ||
      rank(agent) > rank(best) ||
      (rank(agent) === rank(best) && (agent.freeFrom ?? 0) < (best.freeFrom ?? 0));
    if (isBetter) best = agent;
  }
  return best;
}
