import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Outbox } from '../../../src/recording/publication/outbox.js';
import { webhook } from '../../../src/recording/publication/webhook.js';

const secret = 'a secret of some length';

/** Writes the next piece whenever there is room, as long as the other side is there. */
function endless(response: ServerResponse, piece: string): void {
  const more = () => {
    if (!response.destroyed) response.write(piece, () => setImmediate(more));
  };
  more();
}

/** Servers that are no good receivers, and whether the news counts as received. */
const PEERS: readonly [string, boolean, (response: ServerResponse) => unknown][] = [
  ['never answers', false, () => undefined],
  ['answers a byte at a time, for ever', false, (response) => endless(response.socket as never, 'x')],
  ['sends to itself again and again', false, (response) => response.writeHead(307, { location: '/' }).end()],
  ['answers 300', false, (response) => response.writeHead(300).end()],
  ['breaks the connection', false, (response) => response.socket?.destroy()],
  [
    'says yes and sends a body without end',
    true,
    (response) => endless(response.writeHead(200), 'x'.repeat(1000)),
  ],
];

it.each(PEERS)(
  'a webhook that %s does not delay others, and the outbox can be closed',
  async (_, received, answer) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-outbox-'));
    const hostile = createServer((_request, response) => {
      response.on('error', () => undefined);
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(hostile, 'listening');
    const { port } = hostile.address() as AddressInfo;
    const failures: string[] = [];
    let heard = 0;
    const outbox = new Outbox({
      folder,
      channels: {
        hostile: webhook({ url: `http://127.0.0.1:${port}/`, secret, timeoutMs: 300 }),
        other: async () => void heard++,
      },
      onFailure: (_event, channel) => failures.push(channel),
    });
    try {
      await outbox.add('recording.finished', {});
      await outbox.run();
      expect(heard).toBe(1);
      expect(failures).toEqual(received ? [] : ['hostile']);
    } finally {
      await outbox.close();
      hostile.closeAllConnections();
      hostile.close();
      await rm(folder, { recursive: true });
    }
  },
);
