import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Scenario } from '../../../src/exchange/scenario/scenario.js';
import { Client, folder } from '../world.js';

it('a scenario can send texts to users, and set the results of outgoing texts', async () => {
  const path = join(folder(), 'scenario.json');
  const content = {
    users: [{ handle: 'jack', profile: { PSTN_BALANCE: '100' } }],
    sms: { price: 100, numbers: [{ number: '+372*', outcome: 'failed' }] },
    texts: [{ from: '+3725555', to: 'jack', body: 'where are you?', afterMs: 1000 }],
  };
  writeFileSync(path, JSON.stringify(content));
  const clock = new VirtualClock();
  const scenario = await Scenario.load(path, clock);
  await using exchange = await Exchange.start({ ...scenario.options, clock });
  const jack = new Client(exchange, 'jack');
  await scenario.run(exchange);
  await clock.advance(1000);
  expect(jack.told('SMS 1 BODY')).toEqual(['"where are you?"']);
  jack.send('CREATE SMS OUTGOING +3725555, +4612345');
  jack.send('SET SMS 2 BODY here');
  jack.send('ALTER SMS 2 SEND');
  await clock.advance(10_000);
  expect(jack.told('SMS 2 STATUS').at(-1)).toBe('SOME_TARGETS_FAILED');
  expect(jack.told('PROFILE PSTN_BALANCE')).toEqual(['80']);
  expect(scenario.options.smsGateway.texts).toMatchObject([{ to: '+4612345', body: 'here' }]);
  writeFileSync(path, JSON.stringify({ ...content, texts: [{ ...content.texts[0], to: 'nobody' }] }));
  await expect(Scenario.load(path, clock)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
});
