import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { attach, Exchange, TcpTransport } from '../../../src/index.js';
import { serveAgents } from '../../../src/line.js';
import { until } from '../../turns.js';
import { testFolder } from '../../voice/fixtures.js';

const MAIN = 'dist/cli/main.js';

it('jackfield record --fork sends both voices of each call to a server, as tracks of Twilio', async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  await using exchange = await Exchange.start();
  const port = await exchange.listen();
  const heard = { inbound: 0, outbound: 0 };
  const events: { readonly type: string }[] = [];
  await using receiver = await serveAgents(
    (peer) =>
      peer.listen((event) => {
        if (event.type === 'audio') heard[event.track ?? 'inbound'] += event.samples.length;
        else events.push(event);
      }),
    { dialect: 'twilio' },
  );
  const child = spawn(
    process.execPath,
    [
      ...[MAIN, 'record', '--json', '--attach', `tcp:${port}`, '--out', testFolder()],
      ...['--fork', `ws://127.0.0.1:${receiver.port}/in`, '--dialect', 'twilio', '--legs', 'stereo'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const told: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line).event));
  await until(() => told.includes('ready'));
  await using client = await attach(new TcpTransport({ port }));
  const call = await client.call('echo123');
  await until(() => heard.inbound > 4000 && heard.outbound > 4000);
  await call.hangUp();
  await until(() => told.includes('published') && events.some(({ type }) => type === 'end'));
  expect(events[0]).toMatchObject({ type: 'start', from: 'echo123', tracks: ['inbound', 'outbound'] });
  expect(Math.abs(heard.inbound - heard.outbound)).toBeLessThanOrEqual(160);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 60_000);
