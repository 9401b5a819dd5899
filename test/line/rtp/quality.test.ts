import { describe, expect, it } from 'vitest';
import { callQuality, type QualityFacts } from '../../../src/line/rtp/quality.js';
import { LossRuns } from '../../../src/line/rtp-playout/loss-runs.js';

const facts: QualityFacts = { codec: 'PCMU', lossPercent: 0, burstRatio: 1, concealed: true, delayMs: 0 };
const mos = (more: Partial<QualityFacts>) => callQuality({ ...facts, ...more }).mos;

describe('the E-model', () => {
  it('gives the published values', () => {
    expect(callQuality(facts)).toMatchObject({
      scale: 'narrowband',
      r: 93.2,
      mos: expect.closeTo(4.41, 2) as number,
    });
    // Ie,eff of G.711 with concealment: 95 * 1 / 26.1 at one percent, and without: 95 / 5.3.
    expect(callQuality({ ...facts, lossPercent: 1 }).r).toBeCloseTo(93.2 - 95 / 26.1, 6);
    expect(callQuality({ ...facts, lossPercent: 1, concealed: false }).r).toBeCloseTo(93.2 - 95 / 5.3, 6);
    expect(callQuality({ ...facts, lossPercent: 5, burstRatio: 2 }).r).toBeCloseTo(93.2 - (95 * 5) / 27.6, 6);
    // Idd is 0 at 100 ms and 25 * (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2) at 200.
    expect(callQuality({ ...facts, delayMs: 100 }).r).toBe(93.2);
    expect(callQuality({ ...facts, delayMs: 200 }).r).toBeCloseTo(
      93.2 - 25 * (2 ** (1 / 6) - 3 * (1 + 3 ** -6) ** (1 / 6) + 2),
      6,
    );
    expect(callQuality({ ...facts, codec: 'G722' })).toMatchObject({ scale: 'wideband', r: 116 });
  });

  it('stays within its scale, and falls with loss and delay', () => {
    expect(mos({ lossPercent: 100, concealed: false, burstRatio: 50, delayMs: 5000 })).toBe(1);
    for (const step of [1, 5, 20, 50])
      expect(mos({ lossPercent: step })).toBeLessThan(mos({ lossPercent: step - 1 }) ?? 0);
    expect(mos({ delayMs: 400 })).toBeLessThan(mos({ delayMs: 150 }) ?? 0);
  });

  it('reports what it cannot compute', () => {
    expect(callQuality({ ...facts, codec: 'G722', lossPercent: 1 })).toMatchObject({
      basis: expect.stringMatching(/not computable/) as string,
    });
    expect(callQuality({ ...facts, codec: 'opus' })).not.toHaveProperty('mos');
  });

  it('distinguishes bursts from random losses', () => {
    const [bursts, random] = [new LossRuns(), new LossRuns()];
    for (let n = 0; n < 1000; n++) {
      bursts.note(n % 100 === 50 ? 10 : 0);
      random.note(n % 10 === 5 ? 1 : 0);
    }
    expect(bursts.lossPercent).toBeCloseTo(random.lossPercent, 6);
    expect(random.burstRatio).toBe(1);
    expect(bursts.burstRatio).toBeGreaterThan(8);
  });
});
