import { JackfieldError, messageOf } from '../../base/errors.js';
import type { BotCall } from '../bot-call.js';
import { firstToAnswer } from '../first-to-answer.js';
import { bridge } from '../room.js';
import type { DeskAgent } from './queue-agents.js';
import type { QueueDesk } from './queue-desk.js';
import type { QueueFigures } from './queue-figures.js';
import type { ResolvedQueue } from './queue-options.js';
import type { QueuePlace } from './queue-place.js';
import type { Ticket } from './queue-ticket.js';
import type { QueueVisit } from './queue-visit.js';

/** Something that happened in a queue. */
export interface QueueEvent {
  /**
   * `declined`: the agent did not take the caller. `connected`, `ended`: the talk began, ended. `call-back`: a
   * call-back was promised. `calling-back`: the caller is being called. `left`: the caller left without an agent, see
   * `why`. `refused`: the caller was turned away.
   */
  readonly what:
    | 'entered'
    | 'returned'
    | 'offered'
    | 'declined'
    | 'connected'
    | 'ended'
    | 'call-back'
    | 'calling-back'
    | 'left'
    | 'refused';
  readonly queue: string;
  /** Handle of the caller. */
  readonly partner: string;
  /** Id of the caller's call; absent when there is none at that time. */
  readonly call?: number;
  readonly agent?: string;
  readonly waitedMs: number;
  /** Reason why the caller has left, or was not taken. */
  readonly why?: string;
  /** Figures of the queue after the event. */
  readonly figures: QueueFigures;
}

/** Parts of a queue that a talk needs. */
export interface TalkParts {
  readonly desk: QueueDesk;
  readonly options: ResolvedQueue;
  readonly placeOf: (ticket: Ticket) => Omit<QueuePlace, 'language'>;
  readonly tell: (
    what: QueueEvent['what'],
    ticket: Ticket,
    facts: { readonly agent?: DeskAgent; readonly why?: string; readonly call?: number },
  ) => void;
}

/** True while the desk offers this caller to this agent. */
export function isOfferedTo({ state }: Ticket, agent: DeskAgent): boolean {
  return state.at === 'offered' && state.agent === agent;
}

/**
 * Connects a caller on the line to an agent. When the agent does not answer, the caller waits on and the agent rests.
 */
export async function connect(visit: QueueVisit, agent: DeskAgent, parts: TalkParts): Promise<void> {
  const { restMs, wrapUpMs } = parts.options;
  const { ticket, call } = visit;
  parts.tell('offered', ticket, { agent, call: call.id });
  let talked = false;
  let rest = 0;
  try {
    talked = await (agent.facts.serve ? serve(visit, agent, parts) : putThrough(visit, agent, parts));
    if (talked) rest = wrapUpMs;
  } catch (error) {
    // An error after the caller has gone does not count against the agent.
    if (!visit.gone.aborted && !call.signal.aborted) {
      rest = restMs;
      parts.tell('declined', ticket, { agent, call: call.id, why: messageOf(error) });
      visit.declined();
    }
  } finally {
    parts.desk.release(agent, rest, talked);
  }
}

/** Resolves to true when they have talked. @throws when the agent does not take the caller. */
async function putThrough(visit: QueueVisit, agent: DeskAgent, parts: TalkParts): Promise<boolean> {
  const { call, gone: signal } = visit;
  const { dial = agent.name } = agent.facts;
  const limits = { timeoutMs: parts.options.ringMs, signal };
  const { answered } = await firstToAnswer(call, typeof dial === 'string' ? [dial] : dial, limits);
  try {
    await greet(visit, answered, parts);
    await visit.greeted();
    // An agent that has hung up meanwhile has not taken the caller.
    answered.signal.throwIfAborted();
    return await talk(visit, agent, parts, async () => {
      const ended = await bridge(call, answered);
      return ended === call ? 'caller' : 'agent';
    });
  } finally {
    await answered.call.hangUp().catch(() => undefined);
  }
}

async function serve(visit: QueueVisit, agent: DeskAgent, parts: TalkParts): Promise<boolean> {
  const { serve: given } = agent.facts;
  const script = typeof given === 'function' ? given : given?.script;
  return await talk(visit, agent, parts, async () => {
    try {
      await script?.(visit.call);
      return 'agent';
    } catch (error) {
      if (visit.call.signal.aborted) return 'caller';
      throw error;
    }
  });
}

/** Says the greeting to the agent, and waits for the key when one is needed. @throws when the agent does not accept. */
async function greet(visit: QueueVisit, answered: BotCall, { options, placeOf }: TalkParts): Promise<void> {
  const { agentGreeting, acceptKey, ringMs } = options;
  const { ticket, gone: signal } = visit;
  const place = { ...placeOf(ticket), language: answered.language };
  const greeting = typeof agentGreeting === 'function' ? agentGreeting(place) : agentGreeting;
  if (acceptKey === undefined) {
    if (greeting !== undefined) await answered.say(greeting, { signal });
    return;
  }
  const prompt = greeting === undefined ? {} : { prompt: greeting };
  const key = { min: 1, max: 1, terminators: '', timeoutMs: ringMs, signal };
  const { digits } = await answered.gather({ ...prompt, ...key });
  if (digits === acceptKey) return;
  throw new JackfieldError('ERR_NOT_TRANSFERRED', `The agent did not press ${acceptKey}.`);
}

/** Runs the talk. Resolves to false when the caller has gone before it. */
async function talk(
  visit: QueueVisit,
  agent: DeskAgent,
  { desk, options, tell }: TalkParts,
  work: () => Promise<'caller' | 'agent'>,
): Promise<boolean> {
  const { ticket, call } = visit;
  await visit.silence();
  if (!isOfferedTo(ticket, agent)) return false;
  const waitedMs = desk.waitedMs(ticket);
  desk.connected(ticket);
  tell('connected', ticket, { agent, call: call.id });
  visit.taken(agent.name);
  const begun = options.clock.now();
  let done: () => void;
  try {
    const endedBy = await work();
    const talkedMs = options.clock.now() - begun;
    done = () => visit.served({ ended: 'served', agent: agent.name, endedBy, waitedMs, talkedMs });
  } catch (error) {
    done = () => visit.failed(error);
  }
  desk.leave(ticket, 'handled');
  tell('ended', ticket, { agent, call: call.id });
  done();
  return true;
}
