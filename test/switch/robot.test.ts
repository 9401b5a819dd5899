import { describe, expect, it } from 'vitest';
import { Impaired } from '../../src/switch/impaired.js';
import { RobotDestination } from '../../src/switch/robot.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { CountingCard } from '../exchange/voice-stage.js';
import { world } from '../exchange/world.js';

describe('a robot on an impaired line', () => {
  it('is mute while it hears something, where the line is half duplex', async () => {
    const speaker = new CountingCard();
    const ALTERNATING = 400 * 16;
    let at = 0;
    // Silent and loud in turns of 400 ms.
    const soundCard = {
      capture: (frame: Int16Array) => {
        for (let i = 0; i < frame.length; i++) frame[i] = Math.floor(at++ / ALTERNATING) % 2 === 1 ? 5000 : 0;
      },
      play: (frame: Int16Array) => speaker.play(frame),
    };
    await using w = await world({ users: [{ handle: 'alice', soundCard }] });
    const behaviour = {
      ringMs: 0,
      outcome: 'answer',
      steps: [{ say: new Int16Array(32_000).fill(3000) }],
      stay: true,
      impairment: { halfDuplex: true },
    } as const;
    const identity = { handle: 'intercom', fullName: 'Intercom', network: 'P2P' } as const;
    w.exchange.addRobot(new RobotDestination(identity, behaviour, w.clock));
    w.client().send('CALL intercom');
    await w.clock.advance(500 + 1990);
    const heard = Array.from({ length: 100 }, (_, frame) => speaker.samples[frame * 320 + 160]);
    // What is heard in one frame mutes the next.
    const expected = heard.map((_, frame) =>
      frame > 0 && Math.floor((frame - 1) / 20) % 2 === 1 ? 0 : 3000,
    );
    expect(heard).toEqual(expected);
  });

  it('loses the same frames in every run', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const speaker = new CountingCard();
        await using w = await world({ users: [{ handle: 'alice', soundCard: speaker }] });
        const say = toneSamples({ frequency: 440, durationMs: 10_000 });
        w.exchange.addRobot(
          new RobotDestination(
            { handle: 'lossy', fullName: 'Lossy', network: 'P2P' },
            { ringMs: 0, outcome: 'answer', steps: [{ say }], stay: false, impairment: { lossPercent: 5 } },
            w.clock,
          ),
        );
        w.client().send('CALL lossy');
        await w.clock.advance(11_000);
        return speaker.samples;
      }),
    );
    const [samples = new Int16Array()] = runs;
    const frames = Array.from({ length: 500 }, (_, frame) =>
      samples.subarray(frame * 320, frame * 320 + 320),
    );
    const lost = frames.filter((frame) => frame.every((sample) => sample === 0)).length;
    expect(lost).toBeGreaterThan(10);
    expect(lost).toBeLessThan(50);
    expect(runs[0]).toEqual(runs[1]);
  });

  it.each([
    [10, undefined, 20 / 0.9],
    [10, 20, 20],
    [5, 100, 100],
    [60, 200, 200],
    [90, 20, 180],
  ])(
    'loses %i %% of the frames, in runs of a mean length of %s ms',
    async (lossPercent, meanLossMs, mean) => {
      const speaks = (frame: Int16Array) => void frame.fill(1);
      const party = { speak: speaks, hear: () => undefined, leave: async () => undefined };
      const line = new Impaired(party, { lossPercent, ...(meanLossMs && { meanLossMs }), seed: 3 });
      const frame = new Int16Array(320);
      let [lost, runs, told, was] = [0, 0, 0, false];
      for (let each = 0; each < 100_000; each++) {
        await line.speak(frame);
        const isLost = frame[0] === 0;
        told += line.madeUp().length;
        if (isLost) lost++;
        if (isLost && !was) runs++;
        was = isLost;
      }
      expect(told).toBe(lost);
      expect(lost / 1000).toBeGreaterThan(lossPercent * 0.93);
      expect(lost / 1000).toBeLessThan(lossPercent * 1.07);
      expect((lost / runs) * 20).toBeGreaterThan(mean * 0.93);
      expect((lost / runs) * 20).toBeLessThan(mean * 1.07);
    },
  );
});
