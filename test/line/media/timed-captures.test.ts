import { describe, expect, it } from 'vitest';
import { replayed } from './replay.js';
import { TIMED_CAPTURES } from './timed-captures.js';

describe.each(TIMED_CAPTURES)('a capture of $name', (capture) => {
  it('gives the expected events at the expected times', async () => {
    const { came } = await replayed(capture);
    const told = capture.lines.map(([ms, way], at) => [ms, way, ...(came[at] ?? [])]);
    expect(told).toEqual(capture.lines.map(([ms, way, , ...then]) => [ms, way, ...then]));
  });

  it('is heard alike each time, at the right place', async () => {
    const [one, other] = [await replayed(capture), await replayed(capture)];
    expect(one.heard).toEqual(other.heard);
    const isLoud = (sample: number) => Math.abs(sample) > 4000;
    const ms = (samples: number) => Math.round((samples - 1) / 16);
    const [from, to] = [one.heard.findIndex(isLoud), one.heard.findLastIndex(isLoud) + 1];
    if (capture.heard) expect([ms(from), ms(to)]).toEqual(capture.heard);
  });
});
