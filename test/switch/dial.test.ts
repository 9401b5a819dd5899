import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import type { Overflow } from '../../src/switch/attempt.js';
import { Dial, dialPlan, RING_MS, ROUTING_MS } from '../../src/switch/dial.js';
import { Phone } from './phone.js';

/** Dials phones on a clock of its own. `heard` is what the caller hears of, in order. */
function dialling(...phones: Phone[]) {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const caller = new Phone('caller').identity;
  const dial = new Dial(
    clock,
    dialPlan(phones),
    { caller },
    {
      progress: (step) => heard.push(step),
      earlyMedia: () => heard.push('voice'),
      answered: ({ identity }) => heard.push(`answered by ${identity.handle}`),
      voicemail: ({ identity }, chosen) =>
        heard.push(`voicemail of ${identity.handle}${chosen ? ', chosen' : ''}`),
      failed: ({ kind }) => heard.push(kind),
      threw: (error) => heard.push(String(error)),
      cancelled: () => heard.push('cancelled'),
      transfer: ([to]) => heard.push(`transfer to ${to?.identity.handle}`),
    },
  );
  return { clock, dial, heard };
}

const forwardingTo = (...phones: Phone[]): Overflow => ({
  ringMs: 5000,
  forwards: phones.map((destination, index) => ({
    destination,
    startMs: index * 10_000,
    endMs: (index + 1) * 10_000,
  })),
  voicemail: false,
});

describe('a dial', () => {
  it('rings for a minute, then gives up', async () => {
    const ann = new Phone('ann');
    const { clock, dial, heard } = dialling(ann);
    dial.start();
    await clock.advance(ROUTING_MS + RING_MS - 1);
    expect(heard).toEqual(['ringing']);
    await clock.advance(1);
    expect(heard).toEqual(['ringing', 'no-answer']);
    expect(ann.withdrawn).toEqual(['no-answer']);
  });

  it('gives the call to the first phone that answers, and stops ringing the others', async () => {
    const [ann, ben] = [new Phone('ann'), new Phone('ben')];
    const { clock, dial, heard } = dialling(ann, ben);
    dial.start();
    await clock.advance(ROUTING_MS);
    ben.attempt.answer(ben.leg());
    ann.attempt.answer(ann.leg());
    expect(heard).toEqual(['ringing', 'answered by ben']);
    expect(ann.withdrawn).toEqual(['answered-elsewhere']);
  });

  it.each(['busy', 'refused', 'no-answer'] as const)(
    'rings the others when one answers %s as the call arrives',
    async (kind) => {
      const ann = new Phone('ann', (attempt) => attempt.decline({ kind }));
      const ben = new Phone('ben');
      const { clock, dial, heard } = dialling(ann, ben);
      dial.start();
      await clock.advance(ROUTING_MS);
      ben.attempt.answer(ben.leg());
      expect(heard).toEqual(['ringing', 'answered by ben']);
    },
  );

  it('rings no other phone when one answers at once', async () => {
    const ann: Phone = new Phone('ann', (attempt) => attempt.answer(ann.leg()));
    const ben = new Phone('ben');
    const { clock, dial, heard } = dialling(ann, ben);
    dial.start();
    await clock.advance(ROUTING_MS);
    expect(heard).toEqual(['ringing', 'answered by ann']);
    expect(ben.attempts).toEqual([]);
  });

  it('follows the forwarding rules, each in its time', async () => {
    const [ben, cora] = [new Phone('ben'), new Phone('cora')];
    const ann = new Phone('ann', () => undefined, forwardingTo(ben, cora));
    const { clock, dial, heard } = dialling(ann);
    dial.start();
    await clock.advance(ROUTING_MS + 5000);
    expect([ann.withdrawn, ben.attempts.length, cora.attempts.length]).toEqual([['no-answer'], 1, 0]);
    await clock.advance(10_000);
    expect([ben.withdrawn, cora.attempts.length]).toEqual([['no-answer'], 1]);
    await clock.advance(10_000);
    expect(heard).toEqual(['ringing', 'no-answer']);
  });

  it('ends when a phone that the call was forwarded to forwards it again', async () => {
    const ben = new Phone('ben', (attempt) => attempt.forward('rules'));
    const ann = new Phone('ann', (attempt) => attempt.decline({ kind: 'busy' }), forwardingTo(ben));
    const { clock, dial, heard } = dialling(ann);
    dial.start();
    await clock.advance(ROUTING_MS);
    expect(heard).toEqual(['ringing', 'refused']);
  });

  it('continues with the others when one of several would forward it', async () => {
    const [ann, ben] = [new Phone('ann', (attempt) => attempt.forward('rules')), new Phone('ben')];
    const { clock, dial, heard } = dialling(ann, ben);
    dial.start();
    await clock.advance(ROUTING_MS);
    ben.attempt.answer(ben.leg());
    expect(heard).toEqual(['ringing', 'answered by ben']);
  });

  it('starts once, and not at all after it was cancelled', async () => {
    const [ann, ben] = [new Phone('ann'), new Phone('ben')];
    const twice = dialling(ann);
    twice.dial.start();
    twice.dial.start();
    await twice.clock.advance(ROUTING_MS);
    expect(ann.attempts).toHaveLength(1);
    const never = dialling(ben);
    never.dial.cancel({ kind: 'cancelled' });
    never.dial.start();
    await never.clock.advance(ROUTING_MS);
    expect([never.heard, ben.attempts]).toEqual([['cancelled'], []]);
  });

  it('withdraws from all phones, also when one of them throws', async () => {
    const ann = new Phone('ann', (attempt) =>
      attempt.onWithdrawn(() => {
        throw new Error('broken bell');
      }),
    );
    const ben = new Phone('ben');
    const { clock, dial, heard } = dialling(ann, ben);
    dial.start();
    await clock.advance(ROUTING_MS);
    dial.cancel({ kind: 'cancelled' });
    expect(heard).toEqual(['ringing', 'Error: broken bell', 'cancelled']);
    expect(ben.withdrawn).toEqual(['cancelled']);
  });
});
