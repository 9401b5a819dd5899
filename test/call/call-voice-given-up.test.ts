import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCallVoice } from '../../src/call/call-voice.js';
import { attach } from '../../src/control/attach.js';
import type { Call } from '../../src/control/call/call.js';
import type { Client } from '../../src/control/client/client.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { until } from '../turns.js';

/** Streams that the endpoint connects to another port than it was told. */
let misdialled: ReadonlySet<string>;
let elsewhere: Server;
let exchange: Exchange;
let client: Client;
let server: PcmServer;
let call: Call;

beforeEach(async () => {
  elsewhere = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const { port } = elsewhere.address() as AddressInfo;
  let dialled = 0;
  exchange = await Exchange.start({
    opener: (standard) => ({
      source: (target, owner) => standard.source(target, owner),
      destination: (target, owner) => {
        const stream = dialled++ === 0 ? 'OUTPUT' : 'CAPTURE_MIC';
        const wrong = target.kind === 'port' && misdialled.has(stream);
        return standard.destination(wrong ? { kind: 'port', port } : target, owner);
      },
    }),
  });
  server = new PcmServer();
  client = await attach(new MemoryTransport(exchange.endpoint()));
  call = await client.call('echo123');
});
afterEach(async () => {
  await client.close();
  await server.close();
  await exchange.close();
  elsewhere.close();
});

/** Resolves when a stream of the call leads to no port any more. */
async function undone(stream: 'output' | 'captureMic'): Promise<void> {
  await until(async () => !(await call[stream].get()).some(({ kind }) => kind === 'port'));
}

it('opening the voice ends with its call, also when its port was never dialled', async () => {
  misdialled = new Set(['OUTPUT']);
  const dialled = once(elsewhere, 'connection');
  const opening = openCallVoice(call, server);
  const refused = expect(opening).rejects.toMatchObject({ code: 'ERR_CALL_ENDED' });
  await dialled;
  await call.hangUp();
  await refused;
  expect([...server.leases]).toEqual([]);
});

it.each(['OUTPUT', 'CAPTURE_MIC'])(
  'opening the voice leaves no redirection when it is aborted while it waits for %s',
  async (which) => {
    misdialled = new Set([which]);
    const dialled = once(elsewhere, 'connection');
    const stop = new AbortController();
    const refused = expect(openCallVoice(call, server, { signal: stop.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    await dialled;
    stop.abort();
    await refused;
    await undone('output');
    await undone('captureMic');
    expect(call.over).toBe(false);
  },
);

it('an aborted opening does not remove a redirection that it did not make', async () => {
  misdialled = new Set();
  await using lease = await server.lease({
    object: `CALL ${call.id}`,
    stream: 'output',
    direction: 'receive',
  });
  await call.redirect('OUTPUT', [{ kind: 'port', port: lease.port }]);
  const stopped = { signal: AbortSignal.abort() };
  await expect(openCallVoice(call, server, stopped)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(await call.output.get()).toEqual([{ kind: 'port', port: lease.port }]);
});
