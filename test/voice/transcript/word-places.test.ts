import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { streamingTranscriber } from '../../../src/voice/transcript/streaming-transcriber.js';

const RATE = 16_000;
const CHUNK = 1600;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/**
 * A service that knows words by their level, and counts what it gets on each connection alone. It tells a word when it is
 * over, and drops a connection when it has had as much as is asked for.
 */
async function service(drops: readonly number[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let connections = 0;
  server.on('connection', (socket) => {
    const limit = drops[connections++] ?? Number.POSITIVE_INFINITY;
    listen(socket, limit);
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/v1/listen`, connections: () => connections };
}

function listen(socket: WebSocket, limit: number): void {
  let [count, told, begun, level] = [0, 0, 0, 0];
  let isOver = false;
  const tell = (isFinal: boolean, end: number, words: object[], transcript: string) => {
    socket.send(
      JSON.stringify({
        ...{ type: 'Results', start: told / RATE, duration: (end - told) / RATE, is_final: isFinal },
        channel: { alternatives: [{ transcript, confidence: 1, words }] },
      }),
    );
    if (isFinal) told = end;
  };
  const wordOver = () => {
    const word = `w${level}`;
    if (level !== 0) tell(true, count, [{ word, start: begun / RATE, end: count / RATE }], word);
  };
  socket.on('message', (data, isBinary) => {
    if (isOver) return;
    if (!isBinary) {
      if (!String(data).includes('CloseStream')) return;
      wordOver();
      socket.send('{"type":"Metadata"}');
      socket.close(1000);
      return;
    }
    const bytes = Uint8Array.from(data as Buffer);
    expect(bytes.length).toBeGreaterThan(0);
    for (const sample of new Int16Array(bytes.buffer)) {
      if (sample !== level) {
        wordOver();
        [level, begun] = [sample, count];
      }
      count++;
    }
    if (count > told) tell(false, count, [], '');
    if (count < limit) return;
    isOver = true;
    socket.terminate();
  });
}

/** Words and the pauses before them, in chunks of 100 ms. */
const speech = fc.array(
  fc.record({ pause: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('the place of a word in a stream', () => {
  it('is right for any audio sent to the service, on any number of connections', async () => {
    const drops = fc.array(fc.integer({ min: 1, max: 12 * RATE }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(speech, drops, fc.boolean(), async (words, losses, skipSilence) => {
        const { url } = await service(losses);
        const levels: number[] = [];
        words.forEach(({ pause, length }, at) => {
          levels.push(...Array<number>(pause).fill(0), ...Array<number>(length).fill(1000 + at));
        });
        async function* samples() {
          for (const level of levels) {
            yield new Int16Array(CHUNK).fill(level);
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        const transcriber = streamingTranscriber({ url, skipSilence, reconnects: 5 });
        const { segments = [] } = await transcriber.transcribe({ samples: samples() });
        let position = 0;
        const truth = words.map(({ pause, length }, at) => {
          const from = position + pause * CHUNK;
          position = from + length * CHUNK;
          return { word: `w${1000 + at}`, from, to: position };
        });
        expect(segments.flatMap((segment) => segment.words)).toEqual(truth);
      }),
      { numRuns: 12 },
    );
  });

  it('is not available when connections break more often than allowed', async () => {
    const { url, connections } = await service([1, 1, 1]);
    const samples = (async function* () {
      for (;;) {
        yield new Int16Array(CHUNK);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const transcript = streamingTranscriber({ url, reconnects: 1 }).transcribe({ samples });
    await expect(transcript).rejects.toMatchObject({ code: 'ERR_PEER' });
    expect(connections()).toBe(2);
  });
});
