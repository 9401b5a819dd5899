import { createClient, type Message } from 'dbus-native';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CancelTimer, Clock } from '../../../src/base/time/clock.js';
import { LineQueue } from '../../../src/exchange/api/line-queue.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { hasDbusDaemon, startBus } from '../../control/private-servers.js';
import { world } from '../world.js';

/** A machine under load: timers fire late, and not in the order of their times. */
class LateClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void | Promise<void> }>();

  now(): number {
    return this.#now;
  }

  unixMs(): number {
    return this.#now;
  }

  timerAt(at: number, task: () => void | Promise<void>): CancelTimer {
    const timer = { at, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time goes on without a timer, then fires one that is due, picked by `seed`. */
  pass(ms: number, seed: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now);
    const picked = due[seed % Math.max(1, due.length)];
    if (!picked) return;
    this.#timers.delete(picked);
    void picked.task();
  }

  get timers(): number {
    return this.#timers.size;
  }
}

type Step =
  | { readonly kind: 'line'; readonly delayMs: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly seed: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('line' as const), delayMs: fc.constantFrom(0, 0, 5, 20) }),
    fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.double({ min: 0, max: 8, noNaN: true }),
      seed: fc.nat(),
    }),
  ),
  { maxLength: 60 },
);

describe('lines to a client', () => {
  it('go out in the order in which they were made, not before their time, and completely, however late the timers are', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const clock = new LateClock();
        const outbox = new LineQueue(clock);
        const given: number[] = [];
        let made = 0;
        for (const step of list) {
          if (step.kind === 'pass') clock.pass(step.ms, step.seed);
          else {
            const number = made++;
            const due = clock.now() + step.delayMs;
            outbox.put(due, () => {
              expect(clock.now()).toBeGreaterThanOrEqual(due);
              given.push(number);
            });
          }
          expect(clock.timers).toBeLessThanOrEqual(1);
        }
        for (let turn = 0; turn < 100; turn++) clock.pass(20, 0);
        expect(given).toEqual(Array.from({ length: made }, (_, number) => number));
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('keep their order when a line makes the client send the next command at once', () => {
    const clock = new LateClock();
    const outbox = new LineQueue(clock);
    const given: string[] = [];
    outbox.put(0, () => {
      outbox.put(0, () => given.push('third'));
      given.push('first');
      given.push('second');
    });
    expect(given).toEqual(['first', 'second', 'third']);
  });

  it('are dropped when the client has gone, and delivered when the endpoint goes', () => {
    const clock = new LateClock();
    const outbox = new LineQueue(clock);
    const given: string[] = [];
    outbox.put(5, () => given.push('forgotten'));
    outbox.clear();
    outbox.put(5, () => given.push('given'));
    outbox.flush();
    clock.pass(10, 0);
    expect(given).toEqual(['given']);
  });
});

describe('a session under minReplyLatencyMs', () => {
  it('gives answers and notifications in the order in which they were made, on a machine whose timers are late', async () => {
    const step = fc.oneof(
      fc.constant({ kind: 'ask' as const }),
      fc.constant({ kind: 'tell' as const }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 8 }), seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (list) => {
        const clock = new LateClock();
        await using exchange = await Exchange.start({ clock });
        const { user } = exchange.endpoint();
        const lines: string[] = [];
        const session = exchange
          .endpoint()
          .connect(
            { deliver: (line) => lines.push(line), closed: () => undefined },
            { minReplyLatencyMs: 5 },
          );
        const made: string[] = [];
        for (const [number, each] of list.entries()) {
          if (each.kind === 'pass') clock.pass(each.ms, each.seed);
          else if (each.kind === 'ask') {
            session.receive(`#${number} PING`);
            made.push(`#${number} PONG`);
          } else {
            const value = String(number);
            user.notify({ kind: 'property', object: 'USER', id: 'x', property: 'MOOD_TEXT', value });
            made.push(`USER x MOOD_TEXT ${value}`);
          }
        }
        for (let turn = 0; turn < 100; turn++) clock.pass(20, 0);
        expect(lines).toEqual(made);
      }),
      { numRuns: 100 },
    );
  });

  it('never lets a status overtake another status or an answer, for any other commands meanwhile', async () => {
    const gap = fc.integer({ min: 0, max: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(gap, { minLength: 4, maxLength: 12 }), async (gaps) => {
        await using w = await world();
        const lines: string[] = [];
        const session = w.exchange
          .endpoint('alice')
          .connect(
            { deliver: (line) => lines.push(line), closed: () => undefined },
            { minReplyLatencyMs: 5 },
          );
        const bob = w.client('bob');
        session.receive('#1 CALL bob');
        await w.clock.advance(495);
        for (const [index, ms] of gaps.entries()) {
          session.receive(`#${index + 2} PING`);
          await w.clock.advance(ms);
          if (index === 2) bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
        }
        await w.clock.advance(600);
        session.receive('#99 ALTER CALL 1 HANGUP');
        await w.clock.advance(20);
        const statuses = lines.flatMap((line) => /^CALL 1 STATUS (\w+)$/.exec(line)?.[1] ?? []);
        const order = ['UNPLACED', 'ROUTING', 'RINGING', 'INPROGRESS', 'FINISHED', 'CANCELLED'];
        const places = statuses.map((status) => order.indexOf(status));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        const answers = lines.flatMap((line) => /^#(\d+) /.exec(line)?.[1] ?? []);
        expect(answers).toEqual(['1', ...gaps.map((_, index) => String(index + 2)), '99']);
        const answered = lines.indexOf('#99 ALTER CALL 1 HANGUP');
        expect(lines.findIndex((line) => /STATUS (FINISHED|CANCELLED)/.test(line))).toBeGreaterThan(answered);
      }),
      { numRuns: 50 },
    );
  });

  it('sends waiting lines when the exchange closes', async () => {
    const w = await world();
    const lines: string[] = [];
    const session = w.exchange
      .endpoint('alice')
      .connect(
        { deliver: (line) => lines.push(line), closed: () => lines.push('closed') },
        { minReplyLatencyMs: 50 },
      );
    session.receive('PING');
    await w.exchange.close();
    expect(lines).toEqual(['PONG', 'closed']);
  });
});

describe.skipIf(!hasDbusDaemon)('on D-Bus (skipped without dbus-daemon)', () => {
  it.each([0, 5])(
    'an answer comes before the notifications that follow it, at %i ms',
    async (minReplyLatencyMs) => {
      await using address = await startBus();
      await using exchange = await Exchange.start();
      await exchange.listenOnDbus({ address: address.address, minReplyLatencyMs });
      const bus = createClient({ busAddress: address.address });
      const heard: string[] = [];
      const METHOD_CALL = 1;
      bus.connection.on('message', ({ type, member, body = [] }: Message) => {
        if (member === 'Notify') heard.push(`told ${body[0]}`);
        else if (type !== METHOD_CALL && /^USERSTATUS/.test(String(body[0])))
          heard.push(`answered ${body[0]}`);
      });
      const call = { destination: 'com.Skype.API', path: '/com/Skype', signature: 's', member: 'Invoke' };
      const statuses = ['AWAY', 'DND', 'ONLINE', 'NA', 'AWAY', 'ONLINE'];
      await Promise.all(
        statuses.map((status) => bus.invoke({ ...call, body: [`SET USERSTATUS ${status}`] })),
      );
      await bus.invoke({ ...call, body: ['PING'] });
      const told = heard.filter((line) => line.includes(' USERSTATUS '));
      expect(told).toEqual(
        statuses.flatMap((status) => [`answered USERSTATUS ${status}`, `told USERSTATUS ${status}`]),
      );
      await bus.close();
    },
  );
});
