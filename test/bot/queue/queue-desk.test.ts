import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { DeskAgent } from '../../../src/bot/queue/queue-agents.js';
import { QueueDesk } from '../../../src/bot/queue/queue-desk.js';
import { comesBefore, type Ticket } from '../../../src/bot/queue/queue-ticket.js';

/** One caller's way, by chance. Times in ms. */
interface Way {
  readonly at: number;
  readonly priority: number;
  readonly skill: boolean;
  /** Hangs up after so long, if nobody has taken the call. */
  readonly patience: number;
  /** Wants to be called back after so long. */
  readonly callBackAfter: number | undefined;
}

/** An agent's answers, one after the other. */
interface Habit {
  readonly skill: boolean;
  readonly priority: number;
  readonly answers: readonly { readonly ringMs: number; readonly talkMs: number; readonly takes: boolean }[];
}

const way: fc.Arbitrary<Way> = fc.record({
  at: fc.integer({ min: 0, max: 5000 }),
  priority: fc.integer({ min: 0, max: 2 }),
  skill: fc.boolean(),
  patience: fc.integer({ min: 0, max: 8000 }),
  callBackAfter: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
});
const habit: fc.Arbitrary<Habit> = fc.record({
  skill: fc.boolean(),
  priority: fc.integer({ min: 0, max: 1 }),
  answers: fc.array(
    fc.record({
      ringMs: fc.integer({ min: 0, max: 500 }),
      talkMs: fc.integer({ min: 0, max: 3000 }),
      takes: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** A day at a desk: callers and agents act by chance; each decision of the desk is checked as it is made. */
class Day {
  readonly clock = new VirtualClock(1_000_000);
  readonly desk: QueueDesk;
  readonly tickets: Ticket[] = [];
  readonly talking = new Map<DeskAgent, Ticket>();
  readonly #habits: Map<string, Habit>;
  #answered = new Map<string, number>();

  constructor(habits: readonly Habit[]) {
    this.#habits = new Map(habits.map((each, index) => [`agent${index}`, each]));
    this.desk = new QueueDesk({
      clock: this.clock,
      serviceLevelMs: 1000,
      offer: (ticket, agent) => this.#offered(ticket, agent),
      changed: () => this.check(),
      expired: () => undefined,
    });
    this.desk.callBacks();
    for (const [name, { skill, priority }] of this.#habits) {
      this.desk.add({ name, dial: name, priority, skills: skill ? ['german'] : [] });
    }
  }

  arrives({ at, priority, skill, patience, callBackAfter }: Way, index: number): void {
    this.clock.timerAt(at, () => {
      const skills = skill ? ['german'] : [];
      const ticket = this.desk.enter({ partner: `caller${index}`, priority, skills });
      this.tickets.push(ticket);
      const live = () => ticket.state.at === 'waiting' || ticket.state.at === 'offered';
      this.clock.timerAt(at + patience, () => {
        if (live()) this.desk.leave(ticket, 'abandoned');
      });
      if (callBackAfter === undefined) return;
      this.clock.timerAt(at + callBackAfter, () => {
        if (!live()) return;
        this.desk.ask(ticket);
        this.desk.away(ticket, this.clock.now() + 100);
      });
    });
  }

  #offered(ticket: Ticket, agent: DeskAgent): void {
    // One caller at a time, and nobody with the same needs who comes before is left standing.
    expect(this.talking.has(agent)).toBe(false);
    expect(agent.has(ticket.skills)).toBe(true);
    const passedOver = this.desk.waiting.filter(
      (other) =>
        comesBefore(other, ticket) &&
        (other.state.at === 'waiting' ||
          (other.state.at === 'away' && other.state.notBefore <= this.clock.now())),
    );
    for (const other of passedOver) expect(agent.has(other.skills)).toBe(false);
    this.talking.set(agent, ticket);
    const habit = this.#habits.get(agent.name);
    const count = this.#answered.get(agent.name) ?? 0;
    this.#answered.set(agent.name, count + 1);
    const answer = habit?.answers[count % habit.answers.length] ?? { ringMs: 0, talkMs: 0, takes: true };
    this.clock.timerAt(this.clock.now() + answer.ringMs, () => this.#rung(ticket, agent, answer));
  }

  #rung(ticket: Ticket, agent: DeskAgent, { talkMs, takes }: Habit['answers'][number]): void {
    const release = (restMs: number, talked: boolean) => {
      this.talking.delete(agent);
      this.desk.release(agent, restMs, talked);
    };
    const { state } = ticket;
    if (state.at !== 'offered' || state.agent !== agent) {
      release(0, false);
      return;
    }
    // The last call of a day is taken, so that it ends.
    if (!takes && (this.#answered.get(agent.name) ?? 0) < 50) {
      this.desk.wait(ticket);
      release(700, false);
      return;
    }
    this.desk.connected(ticket);
    this.clock.timerAt(this.clock.now() + talkMs, () => {
      this.desk.leave(ticket, 'handled');
      release(200, true);
    });
  }

  check(): void {
    const { entered, waiting, handled, abandoned, overflowed, unreached, expired, talking } =
      this.desk.figures();
    expect(entered).toBe(waiting + handled + abandoned + overflowed + unreached + expired);
    expect(talking).toBe(this.tickets.filter(({ state }) => state.at === 'talking').length);
    const order = this.desk.waiting;
    for (const [index, ticket] of order.slice(1).entries()) {
      expect(comesBefore(order[index]!, ticket)).toBe(true);
    }
    const callers = this.tickets.flatMap(({ state }) =>
      state.at === 'offered' || state.at === 'talking' ? [state.agent] : [],
    );
    expect(new Set(callers).size).toBe(callers.length);
  }
}

describe('the desk of a queue', () => {
  it('loses no caller, keeps the order, and gives an agent one caller at a time; the figures add up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(way, { maxLength: 12 }),
        fc.array(habit, { maxLength: 3 }),
        async (ways, habits) => {
          const day = new Day(habits);
          for (const [index, each] of ways.entries()) day.arrives(each, index);
          await day.clock.run();
          const left = day.tickets.filter(({ state }) => state.at !== 'gone');
          // Whoever is left is to be called back, and there is nobody who could take the call.
          for (const { state, skills } of left) {
            expect(state.at).toBe('away');
            expect(day.desk.agents.some((agent) => agent.has(skills))).toBe(false);
          }
          expect(day.desk.waiting).toEqual(expect.arrayContaining(left));
          expect(day.desk.waiting).toHaveLength(left.length);
          day.check();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks the agent of the highest priority, then the one that has been idle longest', async () => {
    const clock = new VirtualClock();
    const offered: string[] = [];
    const desk: QueueDesk = new QueueDesk({
      clock,
      serviceLevelMs: 1000,
      changed: () => undefined,
      expired: () => undefined,
      offer: (ticket, agent) => {
        offered.push(agent.name);
        clock.timerAt(clock.now() + 10, () => {
          desk.connected(ticket);
          desk.leave(ticket, 'handled');
          desk.release(agent, 0, true);
        });
      },
    });
    for (const [name, priority] of [
      ['anna', 0],
      ['ben', 0],
      ['chief', -1],
    ] as const) {
      desk.add({ name, dial: name, priority });
    }
    const enter = () => desk.enter({ partner: 'p', priority: 0, skills: [] });
    for (let i = 0; i < 3; i++) {
      enter();
      await clock.advance(100);
    }
    enter();
    enter();
    enter();
    await clock.advance(100);
    expect(offered).toEqual(['anna', 'ben', 'anna', 'ben', 'anna', 'chief']);
  });

  it('estimates the wait from the talks that were measured', async () => {
    const clock = new VirtualClock();
    const desk: QueueDesk = new QueueDesk({
      clock,
      serviceLevelMs: 1000,
      changed: () => undefined,
      expired: () => undefined,
      offer: (ticket, agent) => {
        desk.connected(ticket);
        clock.timerAt(clock.now() + 60_000, () => {
          desk.leave(ticket, 'handled');
          desk.release(agent, 0, true);
        });
      },
    });
    desk.add({ name: 'anna', dial: 'anna' });
    const enter = () => desk.enter({ partner: 'p', priority: 0, skills: [] });
    enter();
    expect(desk.estimate(enter())).toBeUndefined();
    await clock.advance(60_000);
    const waiting = [enter(), enter()];
    expect(waiting.map((ticket) => desk.estimate(ticket))).toEqual([60_000, 120_000]);
    desk.add({ name: 'ben', dial: 'ben' });
    expect(waiting.map((ticket) => desk.position(ticket))).toEqual([0, 1]);
    expect(desk.estimate(waiting[1]!)).toBe(30_000);
  });
});
