import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { httpTranscriber } from '../../../src/voice/transcript/http-transcriber.js';
import { streamingTranscriber } from '../../../src/voice/transcript/streaming-transcriber.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const RATE = 16_000;
async function* seconds(...levels: number[]): AsyncGenerator<Int16Array> {
  for (const level of levels) for (let at = 0; at < 50; at++) yield new Int16Array(RATE / 50).fill(level);
}

/** A service that is told what it does, and how much audio it has had. */
async function service(talk: (socket: WebSocket, samples: () => number) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const seen = { samples: 0, url: '', authorization: '' };
  server.on('connection', (socket, { url = '', headers }) => {
    Object.assign(seen, { url, authorization: headers.authorization ?? '' });
    socket.on('message', (data, isBinary) => {
      if (isBinary) seen.samples += (data as Buffer).length / 2;
    });
    talk(socket, () => seen.samples);
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { seen, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/listen` };
}

const results = (isFinal: boolean, transcript: string, words: object[], duration = 1) =>
  JSON.stringify({
    ...{ type: 'Results', channel_index: [0, 1], start: 0, duration, is_final: isFinal },
    channel: { alternatives: [{ transcript, confidence: 0.9, words }] },
  });

describe('a streaming transcriber', () => {
  it('gives partial texts and words, placed in the stream although silence was not sent', async () => {
    const { seen, url } = await service((socket, samples) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary || !String(data).includes('CloseStream')) return;
        // Of five seconds, three were sent: one of speech, one of the pause, one of speech.
        expect(samples()).toBe(3 * RATE);
        socket.send(results(false, 'gut', []));
        const words = [
          { word: 'guten', start: 0.25, end: 0.75, confidence: 0.8 },
          { word: 'tag', punctuated_word: 'Tag.', start: 2.5, end: 3 },
        ];
        socket.send(results(true, 'guten Tag.', words, 3));
        socket.close();
      });
    });
    const partials: string[] = [];
    const transcriber = streamingTranscriber({ url, token: 'secret', skipSilence: true });
    const transcript = await transcriber.transcribe({
      samples: seconds(1000, 0, 0, 0, 1000),
      language: 'de',
      onPartial: (text) => partials.push(text),
    });
    expect(partials).toEqual(['gut', 'guten Tag.']);
    expect(transcript.segments?.[0]?.words).toEqual([
      { word: 'guten', from: RATE / 4, to: (RATE * 3) / 4, confidence: 0.8 },
      { word: 'Tag.', from: 4.5 * RATE, to: 5 * RATE },
    ]);
    expect(seen.authorization).toBe('Token secret');
    expect(seen.url).toContain('encoding=linear16&sample_rate=16000&channels=1&interim_results=true');
    expect(seen.url).toContain('language=de');
  });

  it.each([
    ['closes early', (socket: WebSocket) => socket.close(1011), 'ERR_PEER'],
    ['tells an error', (socket: WebSocket) => socket.send('{"type":"Error","description":"no"}'), 'ERR_PEER'],
    ['sends what is no JSON', (socket: WebSocket) => socket.send('{'), 'ERR_SYNTAX'],
  ])('whose service %s fails, with a typed error', async (_, talk, code) => {
    const { url } = await service(talk);
    const endless = async function* () {
      for (;;) {
        yield* seconds(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const transcript = streamingTranscriber({ url }).transcribe({ samples: endless() });
    await expect(transcript).rejects.toMatchObject({ code });
  });
});

describe('a streaming transcriber that is not connected', () => {
  const listening = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/listen`;
  };

  it('in time fails with that reason', async () => {
    const url = await listening(createNetServer((socket) => closing.push(() => socket.destroy())));
    const transcript = streamingTranscriber({ url, timeoutMs: 100.5 }).transcribe({ samples: seconds(1) });
    await expect(transcript).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it.each([401, 403])('because of its key (%i) is not retried', async (status) => {
    let asked = 0;
    const url = await listening(
      createServer().on('upgrade', (_, socket) => {
        asked++;
        socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      }),
    );
    const transcript = streamingTranscriber({ url, reconnects: 3 }).transcribe({ samples: seconds(1) });
    await expect(transcript).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
    expect(asked).toBe(1);
  });
});

describe('a transcriber by HTTP', () => {
  const served = async (status: number, answer: string) => {
    const seen = { body: '', authorization: '' };
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        seen.body = Buffer.concat(parts).toString('latin1');
        seen.authorization = request.headers.authorization ?? '';
        response.writeHead(status).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return {
      seen,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/audio/transcriptions`,
    };
  };

  it('posts a WAV and reads text, segments and words', async () => {
    const answer = {
      text: ' hello there ',
      language: 'english',
      segments: [{ text: ' hello there', start: 0, end: 1.5 }],
      words: [
        { word: 'hello', start: 0.5, end: 0.75 },
        { word: 'there', start: 1, end: 1.25 },
      ],
    };
    const { seen, url } = await served(200, JSON.stringify(answer));
    const transcriber = httpTranscriber({ url, token: 'key-of-ours' });
    const transcript = await transcriber.transcribe({ samples: seconds(500) });
    expect(transcript).toMatchObject({ text: 'hello there', language: 'english' });
    expect(transcript.segments?.[0]?.words.map(({ from, to }) => [from, to])).toEqual([
      [8000, 12_000],
      [16_000, 20_000],
    ]);
    expect(seen.authorization).toBe('Bearer key-of-ours');
    expect(seen.body).toContain('name="timestamp_granularities[]"');
    expect(seen.body).toContain('RIFF');
  });

  it('reads words that a server has in its segments', async () => {
    const words = [{ word: ' hello', start: 0.25, end: 0.5 }];
    const answer = { text: 'hello', segments: [{ text: ' hello', start: 0, end: 1, words }] };
    const { url } = await served(200, JSON.stringify(answer));
    const { segments } = await httpTranscriber({ url }).transcribe({ samples: seconds(500) });
    expect(segments?.[0]?.words).toEqual([{ word: 'hello', from: 4000, to: 8000 }]);
  });

  it.each([Number.POSITIVE_INFINITY, 30_000.5])('may take %d ms', async (timeoutMs) => {
    const { url } = await served(200, '{"text":"hello"}');
    const transcript = httpTranscriber({ url, timeoutMs }).transcribe({ samples: seconds(1) });
    expect(await transcript).toMatchObject({ text: 'hello' });
    const { url: other } = await service((socket) => {
      socket.on('message', (data, isBinary) => {
        if (!isBinary && String(data).includes('CloseStream')) socket.close();
      });
    });
    const streamed = streamingTranscriber({ url: other, timeoutMs }).transcribe({ samples: seconds(1) });
    expect(await streamed).toMatchObject({ text: '' });
  });

  it.each([
    [401, '{}', 'ERR_FORBIDDEN'],
    [500, 'no', 'ERR_PEER'],
    [200, 'no', 'ERR_SYNTAX'],
    [200, '{"text":7}', 'ERR_SYNTAX'],
  ])('answered with %i and %s fails with a typed error', async (status, answer, code) => {
    const { url } = await served(status, answer);
    const transcript = httpTranscriber({ url }).transcribe({ samples: seconds(1) });
    await expect(transcript).rejects.toMatchObject({ code });
  });
});
