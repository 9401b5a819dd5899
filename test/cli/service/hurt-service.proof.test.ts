import { expect, it } from 'vitest';

const load = (file: string) => import(new URL(`../../../scripts/torture/${file}`, import.meta.url).href);
const { part, BLOWS } = await load('part-serve.mjs');
const { seeded } = await load('random.mjs');

/** The blow with long waits (a hook that hangs) is left to `npm run torture -- --only serve`. */
const SHORT = ['service', 'exchange', 'reader', 'disk', 'rivals', 'all at once'];

// All at the same time: each waits for processes.
it('a service under faults loses no call that it answered: all are recorded, sent to the hook, and verify', async () => {
  const count = () => undefined;
  const { step, close } = await part.open({ count });
  const names = Object.keys(BLOWS);
  const steps = SHORT.map((name) => names.indexOf(name) + 1);
  expect(steps).not.toContain(0);
  const faults = await Promise.all(steps.map((each) => step(seeded('test', each), each)));
  await close();
  expect(faults.flat()).toEqual([]);
}, 180_000);
