import { describe, expect, it } from 'vitest';
import type { Attempt, Destination } from '../../src/switch/attempt.js';
import type { Identity } from '../../src/switch/identity.js';
import type { EndCause } from '../../src/switch/leg.js';
import type { IncomingCalls, IncomingWay, Line } from '../../src/switch/line.js';
import { RobotDestination } from '../../src/switch/robot.js';
import { idOf, statuses } from './talking.js';
import { world } from './world.js';

const NO_WAY: EndCause = { kind: 'failed', reason: 'no-route' };
const ROBOT = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;

/** A line in memory: it keeps what happens to it, and does `arrive` with the calls that go out through it. */
class MemoryLine implements Line {
  readonly name: string;
  readonly told: string[] = [];
  incoming: IncomingCalls | undefined;
  readonly #arrive: (attempt: Attempt, identity: Identity) => void;

  constructor(name: string, arrive: (attempt: Attempt, identity: Identity) => void = () => undefined) {
    this.name = name;
    this.#arrive = arrive;
  }

  open(incoming: IncomingCalls): void {
    this.incoming = incoming;
    this.told.push('open');
  }

  async close(): Promise<void> {
    this.told.push('close');
  }

  lineTo(number: string): Destination | undefined {
    if (number.endsWith('404')) return undefined;
    if (number.endsWith('500')) throw new Error(`${this.name} is broken`);
    const identity = { handle: number, fullName: this.name, network: 'PSTN' } as const;
    return {
      identity,
      arrive: (attempt) => {
        this.told.push(number);
        this.#arrive(attempt, identity);
      },
    };
  }

  /** Has a stranger call. */
  call(target: string, way?: IncomingWay) {
    const identity = { handle: '+15550100', fullName: 'Stranger', network: 'PSTN' } as const;
    const leg = new RobotDestination(identity, ROBOT, this.#calls.clock).leg();
    return this.#calls.place(leg, target, way);
  }

  get #calls(): IncomingCalls {
    if (!this.incoming) throw new Error('it is not open');
    return this.incoming;
  }
}

describe('a line that is added', () => {
  it('is opened, carries calls, and is closed when they have ended', async () => {
    const w = await world();
    const line = new MemoryLine('memory', (attempt, identity) =>
      attempt.answer(new RobotDestination(identity, ROBOT, w.clock).leg()),
    );
    await w.exchange.addLine(line);
    const alice = w.client();
    const id = idOf(alice.send('CALL +15550123')[0]);
    await w.clock.advance(1000);
    expect(statuses(alice, id)).toEqual(['UNPLACED', 'UNPLACED', 'ROUTING', 'INPROGRESS']);
    await w.exchange.close();
    expect(statuses(alice, id).at(-1)).toBe('FINISHED');
    expect(line.told).toEqual(['open', '+15550123', 'close']);
    await expect(w.exchange.addLine(line)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('takes incoming calls for a handle, and reports an unknown one', async () => {
    await using w = await world();
    const line = new MemoryLine('memory');
    await w.exchange.addLine(line);
    const alice = w.client();
    expect(['alice', 'echo123', 'nobody', '+15550123'].map((target) => line.call(target))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await w.clock.advance(600);
    const id = alice.newest('CALL');
    expect(alice.send(`GET CALL ${id} PARTNER_DISPNAME`)).toEqual([`CALL ${id} PARTNER_DISPNAME Stranger`]);
  });

  it('names the forwarder of an incoming call', async () => {
    await using w = await world();
    const line = new MemoryLine('memory');
    await w.exchange.addLine(line);
    const alice = w.client();
    line.call('alice', { forwardedBy: { handle: '+15550777', fullName: '', network: 'PSTN' } });
    await w.clock.advance(600);
    const id = alice.newest('CALL');
    expect(alice.send(`GET CALL ${id} FORWARDED_BY`)).toEqual([`CALL ${id} FORWARDED_BY +15550777`]);
    expect(() =>
      line.call('alice', { forwardedBy: { handle: 'a\nb', fullName: '', network: 'PSTN' } }),
    ).toThrow(/way\.forwardedBy/);
  });

  it.each([
    ['none', '+15550123', undefined],
    ['own', '+15550123', undefined],
    ['own', '+15550700', 'phones'],
    ['all', '+15550123', 'network'],
    ['all', '+15550700', 'phones'],
    ['all', '+15550404', undefined],
  ] as const)('takes incoming calls that may go on by %s lines: %s by %s', async (onward, number, by) => {
    await using w = await world({ users: [{ handle: 'alice', skypeIn: '+15550100' }] });
    const network = new MemoryLine('network');
    const phones = Object.assign(new MemoryLine('phones'), {
      ownTo: (each: string) => (each === '+15550700' ? phones.lineTo(each) : undefined),
    });
    await w.exchange.addLine(network);
    await w.exchange.addLine(phones, { prefixes: ['+155507'] });
    const alice = w.client();
    expect(network.call(number, { onward })).toBe(by !== undefined);
    expect(network.call('+15550100', { onward })).toBe(true);
    await w.clock.advance(600);
    for (const line of [network, phones])
      expect([line.name, line.told.slice(1)]).toEqual([line.name, line.name === by ? [number] : []]);
    expect(alice.newest('CALL')).toBeGreaterThan(0);
  });

  it('gets an error for an invalid route of a call', async () => {
    await using w = await world();
    const line = new MemoryLine('memory');
    await w.exchange.addLine(line);
    expect(() => line.call('alice', { onward: 'some' as 'all' })).toThrow(/way\.onward/);
    expect(() => line.call('alice', { hops: -1 })).toThrow(/way\.hops/);
    expect(line.call('+15550500', { onward: 'all' })).toBe(true);
  });

  it('is not added when it cannot be opened', async () => {
    await using w = await world();
    const line = Object.assign(new MemoryLine('memory'), {
      open: async () => {
        throw new Error('no port');
      },
    });
    await expect(w.exchange.addLine(line)).rejects.toThrow('no port');
    const alice = w.client();
    const id = idOf(alice.send('CALL +15550123')[0]);
    await w.clock.advance(1000);
    expect(alice.send(`GET CALL ${id} FAILUREREASON`)).toEqual([`CALL ${id} FAILUREREASON 4`]);
    expect(line.told).toEqual([]);
  });

  it('reports its failures as failures of the exchange', async () => {
    await using w = await world();
    const line = new MemoryLine('memory');
    await w.exchange.addLine(line);
    line.incoming?.failed(new Error('the network is down'));
    expect(w.failures.map(String)).toEqual(['Error: the network is down']);
  });

  it.each([
    [{ prefixes: ['44'] }, 'prefixes'],
    [{ prefixes: [] }, 'prefixes'],
    [{ priority: -1 }, 'priority'],
  ])('refuses the options %j', async (options, name) => {
    await using w = await world();
    const line = new MemoryLine('memory');
    await expect(w.exchange.addLine(line, options)).rejects.toThrow(name);
    expect(line.told).toEqual([]);
  });
});

describe('several lines', () => {
  const declining = (cause: EndCause, before?: (attempt: Attempt) => void) => (attempt: Attempt) => {
    before?.(attempt);
    attempt.decline(cause);
  };

  it('take calls by the longest prefix, then the lowest priority, then the order of the list', async () => {
    await using w = await world();
    const all = new MemoryLine('all');
    const british = new MemoryLine('british');
    const cheaper = new MemoryLine('cheaper');
    const later = new MemoryLine('later');
    await w.exchange.addLine(all);
    await w.exchange.addLine(british, { prefixes: ['+44', '+353'], priority: 2 });
    await w.exchange.addLine(cheaper, { prefixes: ['+44'], priority: 1 });
    await w.exchange.addLine(later, { prefixes: ['+44'], priority: 1 });
    const alice = w.client();
    for (const number of ['+442079460000', '+35312345678', '+15550123']) alice.send(`CALL ${number}`);
    await w.clock.advance(600);
    expect([all, british, cheaper, later].map(({ told }) => told.slice(1))).toEqual([
      ['+15550123'],
      ['+35312345678'],
      ['+442079460000'],
      [],
    ]);
  });

  it.each([
    ['has no way for the call', declining(NO_WAY), true],
    ['says that it is busy', declining({ kind: 'busy' }), false],
    ['has rung before', declining(NO_WAY, (attempt) => attempt.ringing()), false],
  ])(
    "try the next line only when the failure is the line's own: a line that %s",
    async (_, arrive, goesOn) => {
      await using w = await world();
      const first = new MemoryLine('first', arrive);
      const second = new MemoryLine('second');
      await w.exchange.addLine(first);
      await w.exchange.addLine(second);
      w.client().send('CALL +15550123');
      await w.clock.advance(600);
      expect([first.told.slice(1), second.told.slice(1)]).toEqual([
        ['+15550123'],
        goesOn ? ['+15550123'] : [],
      ]);
    },
  );

  it('fail a call that none of them takes, and withdraw a call that is given up', async () => {
    await using w = await world();
    const withdrawn: string[] = [];
    await w.exchange.addLine(new MemoryLine('first', declining(NO_WAY)));
    await w.exchange.addLine(
      new MemoryLine('second', (attempt, { handle }) => {
        if (handle.endsWith('1')) attempt.decline(NO_WAY);
        else attempt.onWithdrawn(({ kind }) => withdrawn.push(kind));
      }),
    );
    const alice = w.client();
    const failed = idOf(alice.send('CALL +15550121')[0]);
    const open = idOf(alice.send('CALL +15550122')[0]);
    await w.clock.advance(600);
    alice.send(`ALTER CALL ${open} HANGUP`);
    expect(alice.send(`GET CALL ${failed} FAILUREREASON`)).toEqual([`CALL ${failed} FAILUREREASON 4`]);
    expect(withdrawn).toEqual(['cancelled']);
  });

  it('skip a line that does not know the number or throws, and fail only when all do', async () => {
    await using w = await world();
    const answers: string[] = [];
    await w.exchange.addLine(new MemoryLine('first'));
    await w.exchange.addLine({
      name: 'second',
      lineTo: (number) =>
        number.startsWith('+1')
          ? {
              identity: { handle: number, fullName: '', network: 'PSTN' },
              arrive: () => answers.push(number),
            }
          : undefined,
    });
    const alice = w.client();
    for (const number of ['+1404', '+1500', '+2404', '+2500']) alice.send(`CALL ${number}`);
    await w.clock.advance(600);
    const reasons = alice.lines.filter((line) => line.includes('FAILUREREASON'));
    expect(answers).toEqual(['+1404', '+1500']);
    expect(reasons.map((line) => line.replace(/^.* /, ''))).toEqual(['2', '1']);
  });
});
