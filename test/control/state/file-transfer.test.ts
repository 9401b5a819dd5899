import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { FileTransfer } from '../../../src/control/state/file-transfer.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { folder } from '../../exchange/world.js';

it('a file is followed until it has arrived or failed', async () => {
  const [out, into] = [folder(), folder()];
  await using exchange = await Exchange.start({
    transferBytesPerSecond: 1_000_000_000,
    users: [
      { handle: 'alice', contacts: ['bob'], transferFolder: out },
      { handle: 'bob', contacts: ['alice'], transferFolder: into },
    ],
  });
  await using client = await attach(new MemoryTransport(exchange.endpoint('bob')), { pingIntervalMs: 0 });
  writeFileSync(join(out, 'a.txt'), 'a text');
  const found = once(client.transfers, 'found') as Promise<[FileTransfer]>;
  await exchange.desk('alice').files.send('bob', 'a.txt');
  const [transfer] = await found;
  const completed = transfer.completed();
  await expect(transfer.completed({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  expect(await client.transfers.search('ACTIVEFILETRANSFERS')).toEqual([transfer]);
  await exchange.desk('bob').files.accept();
  expect(readFileSync(await completed, 'utf8')).toBe('a text');
  expect(transfer.progress).toMatchObject({ transferred: 6, size: 6, bytesPerSecond: 0 });
  expect(transfer.over).toBe(true);
  await expect(transfer.set('STATUS', 'PAUSED')).rejects.toMatchObject({ code: 'ERR_API' });
  const next = once(client.transfers, 'found') as Promise<[FileTransfer]>;
  await exchange.desk('alice').files.send('bob', 'a.txt');
  const [refused] = await next;
  const failed = expect(refused.completed()).rejects.toMatchObject({
    code: 'ERR_TRANSFER_FAILED',
    status: 'FAILED',
    failureReason: 'REMOTELY_CANCELLED',
  });
  exchange.desk('alice').files.cancel();
  await failed;
});
