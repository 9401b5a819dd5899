import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport, PcmServer, Recorder } from '../../../src/index.js';

it('a recorder can be closed while it opens a call whose endpoint agrees and dials another port', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-recorder-'));
  const elsewhere = createServer((socket) => socket.on('error', () => undefined).resume()).listen(
    0,
    '127.0.0.1',
  );
  await once(elsewhere, 'listening');
  const { port } = elsewhere.address() as AddressInfo;
  const exchange = await Exchange.start({
    opener: (standard) => ({
      source: (target, owner) => standard.source(target, owner),
      destination: (target, owner) =>
        standard.destination(target.kind === 'port' ? { kind: 'port', port } : target, owner),
    }),
  });
  const server = new PcmServer();
  const client = await attach(new MemoryTransport(exchange.endpoint()));
  const recorder = await Recorder.start(client, server, { folder });
  const failures: string[] = [];
  recorder.on('failed', (error) => failures.push(error.message));
  try {
    const dialled = once(elsewhere, 'connection');
    const call = await client.call('echo123');
    await dialled;
    await recorder.close();
    expect(call.over).toBe(false);
    expect(failures).toEqual([expect.stringMatching(/was cancelled/)]);
    expect([...server.leases]).toEqual([]);
    expect(await readdir(join(folder, '.recording'))).toEqual([]);
  } finally {
    await client.close();
    await server.close();
    await exchange.close();
    elsewhere.close();
    await rm(folder, { recursive: true });
  }
});
