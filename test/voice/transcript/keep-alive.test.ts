import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { streamingTranscriber } from '../../../src/voice/transcript/streaming-transcriber.js';
import { roundTrip } from '../../bot/agent/stand-in.js';
import { driven } from '../../turns.js';

const RATE = 16_000;
const IDLE_MS = 10_000;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A service that closes where nothing comes for 10 s of `clock`, and knows one word: all that it heard last. */
async function service(clock: VirtualClock, hears: (text: string) => boolean) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const seen = { samples: 0, keepAlives: 0, closed: 0 };
  server.on('connection', (socket) => serve(socket));
  const serve = (socket: WebSocket) => {
    let cancel = () => {};
    const wait = () => {
      cancel();
      cancel = clock.timerAt(clock.now() + IDLE_MS, () => {
        seen.closed++;
        socket.close(1011, 'NET-0001');
      });
    };
    wait();
    socket.on('close', () => cancel());
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? '' : String(data);
      if (isBinary) seen.samples += (data as Buffer).length / 2;
      if (isBinary || hears(text)) wait();
      if (text === '{"type":"KeepAlive"}') seen.keepAlives++;
      if (!text.includes('CloseStream')) return;
      const end = seen.samples / RATE;
      const words = [{ word: 'last', start: end - 0.5, end }];
      socket.send(
        JSON.stringify({
          ...{ type: 'Results', start: 0, duration: end, is_final: true },
          channel: { alternatives: [{ transcript: 'last', confidence: 1, words }] },
        }),
      );
      socket.close(1000);
    });
  };
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const arrived = async () => {
    await Promise.all([...server.clients].map(roundTrip));
  };
  return { seen, arrived, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/listen` };
}

/** A call: one second of speech, `quietMs` with nothing or with silence, and one of speech. */
async function* call(clock: VirtualClock, quietMs: number, isHeld: boolean, arrived: () => Promise<void>) {
  const speech = () => new Int16Array(RATE).fill(3000);
  yield speech();
  for (let ms = 0; ms < quietMs; ms += 1000) {
    await clock.advance(1000);
    // What is on its way over the socket arrives before more time passes.
    await arrived();
    if (!isHeld) yield new Int16Array(RATE);
  }
  yield speech();
}

it.each([
  ['on hold', true, 2],
  ['with silence that is left out', false, 62],
])(
  'a call %s for a minute keeps its connection, and its words keep their places',
  async (_, isHeld, seconds) => {
    const clock = new VirtualClock();
    const { seen, arrived, url } = await service(clock, () => true);
    const { segments } = await streamingTranscriber({ url, clock, skipSilence: true }).transcribe({
      samples: call(clock, 60_000, isHeld, arrived),
    });
    expect(segments?.[0]?.words).toEqual([
      { word: 'last', from: (seconds - 0.5) * RATE, to: seconds * RATE },
    ]);
    expect(seen.closed).toBe(0);
    expect(seen.keepAlives).toBeGreaterThanOrEqual(60 / 5 - 1);
    // The second of a pause before it is left out counts as speech.
    expect(seen.samples).toBe((isHeld ? 2 : 3) * RATE);
  },
);

it('a service without keep-alive closes the connection, and the error has its code', async () => {
  const clock = new VirtualClock();
  const { seen, arrived, url } = await service(clock, (text) => !text.includes('KeepAlive'));
  const transcript = streamingTranscriber({ url, clock }).transcribe({
    samples: call(clock, 60_000, true, arrived),
  });
  await expect(driven(clock, transcript)).rejects.toMatchObject({
    code: 'ERR_PEER',
    message: expect.stringContaining('1011'),
  });
  expect(seen.closed).toBe(1);
});
