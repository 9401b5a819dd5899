import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Scenario } from '../../../src/exchange/scenario/scenario.js';
import { Client, folder } from '../world.js';

it('robots of a scenario are contacts that can be late, away or refuse, and ask for authorisation themselves', async () => {
  const path = join(folder(), 'scenario.json');
  writeFileSync(
    path,
    JSON.stringify({
      users: [{ handle: 'jack' }, { handle: 'jill' }],
      robots: [
        { handle: 'friend', status: 'AWAY' },
        { handle: 'late', status: 'DND', authorises: { afterMs: 5000 } },
        { handle: 'never', authorises: false },
        { handle: 'asker' },
      ],
      people: [
        { robot: 'asker', afterMs: 1000, asks: 'jack', text: 'it is me' },
        { robot: 'friend', afterMs: 2000, status: 'OFFLINE' },
        { robot: 'never', afterMs: 8000, status: 'ONLINE' },
      ],
    }),
  );
  const clock = new VirtualClock();
  const scenario = await Scenario.load(path, clock);
  await using exchange = await Exchange.start({ ...scenario.options, clock });
  await scenario.run(exchange);
  const [jack, jill] = [new Client(exchange, 'jack'), new Client(exchange, 'jill')];
  const buddies = () =>
    ['friend', 'late', 'never'].map((handle) =>
      jack.send(`GET USER ${handle} BUDDYSTATUS`)[0]?.split(' ').at(-1),
    );
  for (const handle of ['friend', 'late', 'never']) jack.send(`SET USER ${handle} BUDDYSTATUS 2 please`);
  await clock.advance(900);
  expect(buddies()).toEqual(['3', '2', '2']);
  expect(jack.told('USER friend ONLINESTATUS')).toEqual(['AWAY']);
  expect(jack.send('GET USER late ONLINESTATUS')).toEqual(['USER late ONLINESTATUS OFFLINE']);
  await clock.advance(4200);
  expect(buddies()).toEqual(['3', '3', '2']);
  expect(jack.told('USER late ONLINESTATUS').at(-1)).toBe('DND');
  expect(jack.told('USER friend ONLINESTATUS')).toEqual(['AWAY', 'OFFLINE']);
  expect(jack.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS asker']);
  expect(jack.told('USER asker RECEIVEDAUTHREQUEST')).toEqual(['it is me']);
  jack.send('SET USER asker ISAUTHORIZED TRUE');
  expect(jack.send('GET USER asker BUDDYSTATUS')).toEqual(['USER asker BUDDYSTATUS 3']);
  await clock.advance(10_000);
  expect(buddies()).toEqual(['3', '3', '2']);
  expect(jill.lines.join('\n')).not.toMatch(/USER (friend|late|never|asker)/);
});

it('a scenario that names unknown robots or users is refused', async () => {
  const load = (people: unknown) => {
    const path = join(folder(), 'scenario.json');
    writeFileSync(path, JSON.stringify({ users: [{ handle: 'jack' }], robots: [{ handle: 'bob' }], people }));
    return Scenario.load(path, new VirtualClock());
  };
  await expect(load([{ robot: 'who', afterMs: 0, status: 'AWAY' }])).rejects.toThrow(
    /people\[0\]\.robot .* robots/,
  );
  await expect(load([{ robot: 'bob', afterMs: 0, asks: 'who' }])).rejects.toThrow(
    /people\[0\]\.asks .* users/,
  );
});
