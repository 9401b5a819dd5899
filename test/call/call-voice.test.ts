import { expect, it } from 'vitest';
import { openCallVoice } from '../../src/call/call-voice.js';
import { attach } from '../../src/control/attach.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';

it('onLease gets each stream by the name that its lease has', async () => {
  await using exchange = await Exchange.start({ users: [{ handle: 'alice' }] });
  await using server = new PcmServer();
  await using client = await attach(new MemoryTransport(exchange.endpoint('alice')));
  const call = await client.call('echo123');
  const told: [string, string][] = [];
  await using _ = await openCallVoice(call, server, {
    onLease: (stream, lease) => told.push([stream, lease.stream]),
  });
  expect(told).toEqual([
    ['output', 'output'],
    ['capture_mic', 'capture_mic'],
    ['input', 'input'],
  ]);
});
