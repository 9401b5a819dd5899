import { describe, expect, it } from 'vitest';
import type { Attempt, Destination } from '../../src/switch/attempt.js';
import type { Conversation, EndCause, Leg, Placing, Progress } from '../../src/switch/leg.js';
import { idOf, statuses } from '../exchange/talking.js';
import { world } from '../exchange/world.js';

type Member = 'place' | 'progress' | 'connected' | 'ended' | 'leave';

/** An end of a call as somebody else might write it: it keeps what it is told, and throws where it is asked to. */
class ForeignLeg implements Leg {
  readonly identity = { handle: '+15550100', fullName: 'Foreign', network: 'PSTN' } as const;
  readonly told: string[] = [];
  heard = 0;
  conversation: Conversation | undefined;
  placing: Placing | undefined;
  readonly #throwsAt: Member | undefined;

  constructor(throwsAt?: Member) {
    this.#throwsAt = throwsAt;
  }

  readonly voice = {
    speak: (frame: Int16Array) => void frame.fill(1000),
    hear: () => void this.heard++,
    leave: async () => this.#tell('leave', 'left'),
  };

  place(placing: Placing): void {
    this.#tell('place', 'places');
    this.placing = placing;
    placing.start();
  }

  progress(step: Progress): void {
    this.#tell('progress', step);
  }

  connected(conversation: Conversation): void {
    this.conversation = conversation;
    this.#tell('connected', 'connected');
  }

  ended({ kind }: EndCause): void {
    this.#tell('ended', kind);
  }

  #tell(member: Member, what: string): void {
    this.told.push(what);
    if (member === this.#throwsAt) throw new Error(`${member} is broken`);
  }
}

/** A phone that does `arrive` with the calls that come to it. */
const phone = (arrive: (attempt: Attempt) => void): Destination => ({
  identity: { handle: '+15550199', fullName: 'Foreign', network: 'PSTN' },
  arrive,
});

describe('a custom leg that calls', () => {
  it('follows the call from its start to its end', async () => {
    await using w = await world();
    const alice = w.client();
    const leg = new ForeignLeg();
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(600);
    const id = alice.newest('CALL');
    expect(alice.send(`GET CALL ${id} PARTNER_HANDLE`)).toEqual([`CALL ${id} PARTNER_HANDLE +15550100`]);
    alice.send(`ALTER CALL ${id} ANSWER`);
    await w.clock.advance(1000);
    expect(leg.heard).toBeGreaterThan(45);
    alice.send(`ALTER CALL ${id} HANGUP`);
    await w.clock.advance(100);
    expect(leg.told).toEqual(['places', 'ringing', 'connected', 'hung-up', 'left']);
  });

  it('can hang up for both sides', async () => {
    await using w = await world();
    const alice = w.client();
    const leg = new ForeignLeg();
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(600);
    alice.send(`ALTER CALL ${alice.newest('CALL')} ANSWER`);
    await w.clock.advance(1000);
    leg.conversation?.end({ kind: 'hung-up' });
    expect(statuses(alice, alice.newest('CALL'))).toEqual(['RINGING', 'INPROGRESS', 'FINISHED']);
  });

  it('may hang up as soon as it is connected', async () => {
    await using w = await world();
    const alice = w.client();
    const leg = new ForeignLeg();
    const { connected } = leg;
    leg.connected = function (conversation) {
      connected.call(this, conversation);
      conversation.end({ kind: 'hung-up' });
    };
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(600);
    const id = alice.newest('CALL');
    alice.send(`ALTER CALL ${id} ANSWER`);
    await w.clock.advance(1000);
    expect(leg.told).toEqual(['places', 'ringing', 'connected', 'hung-up', 'left']);
    expect([statuses(alice, id).at(-1), w.exchange.calls, leg.heard]).toEqual(['FINISHED', [], 0]);
  });

  it('ends, with its voice, when nobody can be reached', async () => {
    await using w = await world();
    w.client().send('SET USERSTATUS OFFLINE');
    const leg = new ForeignLeg();
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(600);
    expect(leg.told).toEqual(['places', 'failed', 'left']);
  });

  it('can give up before the answer', async () => {
    await using w = await world();
    const alice = w.client();
    const leg = new ForeignLeg();
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(600);
    leg.placing?.cancel({ kind: 'cancelled' });
    expect(statuses(alice, alice.newest('CALL'))).toEqual(['RINGING', 'MISSED']);
    expect(leg.told).toEqual(['places', 'ringing']);
  });

  it('ends when the exchange closes while its call is being placed', async () => {
    const w = await world();
    const alice = w.client();
    const leg = new ForeignLeg();
    w.exchange.callFrom(leg, 'alice');
    await w.clock.advance(100);
    await w.exchange.close();
    await w.clock.advance(10_000);
    expect(leg.told).toEqual(['places', 'cancelled', 'left']);
    expect(alice.lines.filter((line) => line.startsWith('CALL '))).toEqual([]);
  });

  it.each(['place', 'progress', 'connected', 'ended', 'leave'] as const)(
    'does not affect the other end when its %s throws',
    async (member) => {
      await using w = await world();
      const alice = w.client();
      const leg = new ForeignLeg(member);
      w.exchange.callFrom(leg, 'alice');
      await w.clock.advance(600);
      if (member !== 'place') {
        const id = alice.newest('CALL');
        alice.send(`ALTER CALL ${id} ANSWER`);
        await w.clock.advance(200);
        alice.send(`ALTER CALL ${id} HANGUP`);
        await w.clock.advance(100);
        expect(statuses(alice, id)).toEqual(['RINGING', 'INPROGRESS', 'FINISHED']);
      }
      expect(leg.told).toContain(member === 'place' ? 'failed' : 'hung-up');
      expect(leg.told.at(-1)).toBe('left');
      expect(w.failures.map(String)).toEqual([`Error: ${member} is broken`]);
    },
  );

  it('must have a valid name', async () => {
    await using w = await world();
    const leg = Object.assign(new ForeignLeg(), {
      identity: { handle: 'a\nb', fullName: '', network: 'PSTN' as const },
    });
    expect(() => w.exchange.callFrom(leg, 'alice')).toThrow(/leg\.handle/);
  });
});

describe('a custom line that is called', () => {
  it('answers with a leg, and hears the caller', async () => {
    const leg = new ForeignLeg();
    const line = phone((attempt) => attempt.answer(leg));
    await using w = await world({ gateway: { lineTo: () => line } });
    const alice = w.client();
    const id = idOf(alice.send('CALL +15550199')[0]);
    await w.clock.advance(1500);
    expect(leg.heard).toBeGreaterThan(40);
    alice.send(`ALTER CALL ${id} HANGUP`);
    await w.clock.advance(100);
    expect(leg.told).toEqual(['connected', 'hung-up', 'left']);
  });

  it('forwards the call to another user', async () => {
    const [first, second] = [new ForeignLeg(), new ForeignLeg()];
    const other = phone((attempt) => attempt.answer(second));
    const line = phone((attempt) => attempt.transfer([other], first));
    await using w = await world({ gateway: { lineTo: () => line } });
    const alice = w.client();
    const id = idOf(alice.send('CALL +15550199')[0]);
    await w.clock.advance(1500);
    expect(statuses(alice, id).at(-1)).toBe('INPROGRESS');
    expect(second.told).toEqual(['connected']);
    expect(w.failures).toEqual([]);
  });

  it('refuses the call when it cannot forward it', async () => {
    const line = phone((attempt) => attempt.transfer([], new ForeignLeg()));
    await using w = await world({ gateway: { lineTo: () => line } });
    const alice = w.client();
    const id = idOf(alice.send('CALL +15550199')[0]);
    await w.clock.advance(1500);
    expect(statuses(alice, id).at(-1)).toBe('REFUSED');
  });
});
