import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Scenario } from '../../../src/exchange/scenario/scenario.js';
import { folder, settle } from '../world.js';

it('robots of a scenario send and accept files', async () => {
  const root = folder();
  for (const name of ['out', 'in']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'out', 'a.txt'), 'a text');
  const path = join(root, 'scenario.json');
  const content = {
    users: [
      { handle: 'jack', contacts: ['jill'], transferFolder: 'out' },
      { handle: 'jill', contacts: ['jack'], transferFolder: 'in' },
    ],
    desk: [
      { user: 'jack', afterMs: 1000, do: 'send-file', to: 'jill', path: 'a.txt' },
      { user: 'jill', afterMs: 2000, do: 'accept-file', name: 'b.txt' },
      { user: 'jill', afterMs: 9000, do: 'cancel-file' },
    ],
  };
  writeFileSync(path, JSON.stringify(content));
  const clock = new VirtualClock();
  const scenario = await Scenario.load(path, clock);
  await using exchange = await Exchange.start({ ...scenario.options, clock });
  const failures: string[] = [];
  exchange.on('failure', (error) => failures.push((error as Error).message));
  await scenario.run(exchange);
  for (let passed = 0; passed < 10_000; passed += 100) {
    await clock.advance(100);
    await settle();
  }
  expect(readFileSync(join(root, 'in', 'b.txt'), 'utf8')).toBe('a text');
  expect(failures).toEqual(['jill has no transfer that is in progress.']);
});
