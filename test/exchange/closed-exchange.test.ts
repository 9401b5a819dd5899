import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport } from '../../src/index.js';
import { testFolder } from '../voice/fixtures.js';

const folder = testFolder();

/** Has something of each kind under way on the machine's clock, then closes the exchange. */
const PROGRAM = `
import { attach, Exchange, MemoryTransport } from 'jackfield';
const [folder] = process.argv.slice(1);
const exchange = await Exchange.start({
  users: [
    { handle: 'anna', contacts: ['jack', 'away'], transferFolder: folder, profile: { PSTN_BALANCE: '1000' }, skypeIn: '+37255500001' },
    { handle: 'jack', contacts: ['anna'], transferFolder: folder },
    { handle: 'away', contacts: ['anna'] },
  ],
});
await exchange.listen({ handle: 'anna' });
await exchange.listenHttp({ tokens: { jack: 'a-token-of-sixteen-letters' } });
const clients = await Promise.all(['anna', 'jack', 'away'].map((handle) => attach(new MemoryTransport(exchange.endpoint(handle)))));
const [anna, jack, away] = clients;
await away.parameters.set('USERSTATUS', 'OFFLINE');
await jack.parameters.set('AUTOAWAY', 'ON');
void anna.chats.message('away', 'for later').catch(() => undefined);
await anna.chats.message('jack', 'hello');
await anna.sms.send('+37255512345', 'on my way');
await exchange.desk('anna').files.send(['jack', 'away'], 'report.pdf');
await anna.contacts.add('echo123');
await anna.menuItem({ id: 'item', context: 'TOOLS', caption: 'Item' });
await anna.application('pipe');
const call = await anna.call('jack');
await call.reached('RINGING');
const echo = await jack.call('echo123');
await echo.reached('INPROGRESS');
await Promise.all(clients.map((client) => client.close()));
await exchange.close();
`;

it('a process ends by itself once its exchange is closed, with any work in progress', () => {
  writeFileSync(join(folder, 'report.pdf'), 'the report');
  const program = PROGRAM.replace("'jackfield'", JSON.stringify(join(process.cwd(), 'dist/index.js')));
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program, '--', folder],
    { encoding: 'utf8', timeout: 50_000 },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
});

it('a closed exchange takes no client', async () => {
  const exchange = await Exchange.start();
  const endpoint = exchange.endpoint();
  await exchange.close();
  await expect(attach(new MemoryTransport(endpoint), { timeoutMs: 1000 })).rejects.toMatchObject({
    code: 'ERR_ATTACH_UNAVAILABLE',
  });
});
