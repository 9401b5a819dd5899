import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PacedCall, Pacer } from '../../../src/bot/outbound/campaign-pacing.js';

describe('the pace of a campaign', () => {
  it('never rings more targets than agents are free, without a rate', () => {
    let free = 2;
    const pacer = new Pacer({ freeAgents: () => free });
    const calls = [pacer.place()];
    expect(pacer.mayCall()).toBe(true);
    calls.push(pacer.place());
    expect(pacer.mayCall()).toBe(false);
    calls[0]?.take();
    free = 1;
    expect(pacer.mayCall()).toBe(false);
    pacer.end(calls[1]!, false);
    expect(pacer.mayCall()).toBe(true);
    free = 0;
    expect(pacer.mayCall()).toBe(false);
  });

  it('keeps the rate for any answers, times and numbers of agents', () => {
    const step = fc.record({ answers: fc.boolean(), which: fc.nat(20), talks: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(0, 0.03, 0.1),
        (steps, agents, maxAbandonRate) => {
          let busy = 0;
          const pacer = new Pacer({ freeAgents: () => agents - busy, maxAbandonRate, maxPerAgent: 10 });
          const ringing: PacedCall[] = [];
          const talking: PacedCall[] = [];
          let answered = 0;
          for (const { answers, which, talks } of steps) {
            while (pacer.mayCall()) ringing.push(pacer.place());
            if (talks && talking.length > 0) {
              busy--;
              pacer.end(talking.shift()!, true);
              continue;
            }
            const [call] = ringing.splice(which % Math.max(1, ringing.length), 1);
            if (!call) continue;
            if (!answers) {
              pacer.end(call, false);
              continue;
            }
            answered++;
            if (busy < agents) {
              busy++;
              call.take();
              talking.push(call);
            } else pacer.end(call, true);
          }
          while (talking.length > 0) pacer.end(talking.shift()!, true);
          expect(pacer.abandoned).toBeLessThanOrEqual(maxAbandonRate * answered);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('dials ahead once it knows how many targets answer', () => {
    const pacer = new Pacer({ freeAgents: () => 2, maxAbandonRate: 0.1 });
    for (let i = 0; i < 40; i++) {
      const call = pacer.place();
      if (i % 2 === 0) call.take();
      pacer.end(call, i % 2 === 0);
    }
    let ringing = 0;
    for (; pacer.mayCall(); ringing++) pacer.place();
    expect(ringing).toBe(4);
  });
});
