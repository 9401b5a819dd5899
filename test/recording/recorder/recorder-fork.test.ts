import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { until } from '../../turns.js';
import { onRecorderStage, recordedCall, start } from './recorder-stage.js';

onRecorderStage();

it('a recorder forks both legs of each call that it records, and the recording is complete', async () => {
  const receiver = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const texts: Record<string, unknown>[] = [];
  let bytes = 0;
  receiver.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => {
      if (isBinary) bytes += (data as Buffer).length;
      else texts.push(JSON.parse(String(data)));
    }),
  );
  await new Promise<void>((resolve) => receiver.once('listening', resolve));
  try {
    const url = `ws://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const on = await start({ fork: { url, legs: 'stereo', maxBufferedMs: 60_000 } });
    const { sidecar } = await recordedCall(on);
    await until(() => texts.length > 0 && bytes > 0);
    expect(texts[0]).toMatchObject({ type: 'start', format: { channels: 2 } });
    expect(bytes % 4).toBe(0);
    expect(sidecar.complete).toBe(true);
  } finally {
    for (const socket of receiver.clients) socket.terminate();
    receiver.close();
  }
});

it('a fork without an address is refused at the start', async () => {
  await expect(start({ fork: {} as { url: string } })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
    message: expect.stringContaining('fork.url'),
  });
});
