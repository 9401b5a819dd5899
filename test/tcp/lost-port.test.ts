import { Server } from 'node:net';
import { expect, test } from 'vitest';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { dial } from './peers.js';
import { Witness } from './witness.js';

/**
 * Fails the next accept on `port`, as Node is told of it. The real thing cannot be had on Linux: a listening socket that
 * is shut down from outside makes libuv's accept fail, but since 1.45 libuv keeps that to itself there.
 */
function failAccept(port: number): void {
  const handles: unknown[] = Reflect.get(process, '_getActiveHandles').call(process);
  const servers = handles.filter((handle) => handle instanceof Server);
  const server = servers.find((candidate) => {
    const address = candidate.address();
    return typeof address === 'object' && address?.port === port;
  });
  const handle: unknown = server && Reflect.get(server, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new Error(`nothing listens on ${port}`);
  Reflect.get(handle, 'onconnection').call(handle, -22);
}

test('a port that is lost closes its lease with ERR_PORT, and no other', async () => {
  await using server = new PcmServer();
  const receive = { stream: 'output', direction: 'receive' } as const;
  const lease = await server.lease({ ...receive, object: 'CALL 14' });
  const claimed = await server.lease({ ...receive, object: 'CALL 15' });
  const witness = await Witness.on(server);
  failAccept(lease.port);
  expect(await witness.speakUntil(lease.closed)).toMatchObject({
    kind: 'port-lost',
    error: { code: 'ERR_PORT', message: expect.stringContaining('CALL 14 output was lost: accept EINVAL') },
  });
  await expect(lease.claimed()).rejects.toMatchObject({ code: 'ERR_CLOSED' });

  const peer = await dial(claimed.port);
  await claimed.claimed();
  failAccept(claimed.port);
  await witness.speak();
  expect(claimed.state.status).toBe('claimed');
  peer.end();
  expect(await claimed.closed).toEqual({ kind: 'peer-ended' });
  await witness.end();
});
