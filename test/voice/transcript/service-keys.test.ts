import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpSpeechEngine } from '../../../src/bot/prompt/http-speech-engine.js';
import { httpTranscriber } from '../../../src/voice/transcript/http-transcriber.js';
import { streamingTranscriber } from '../../../src/voice/transcript/streaming-transcriber.js';

const token = 'a-key-that-nobody-may-see-0123456789';
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A service that answers by HTTP alone; gives the headers that it was asked with. */
async function service(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: IncomingMessage['headers'][] = [];
  const take = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.headers);
    request.resume().on('end', () => answer(request, response));
  };
  const server = createServer(take);
  server.on('upgrade', (request, socket) => {
    asked.push(request.headers);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function* samples() {
  yield new Int16Array(160);
}
interface Key {
  readonly token: string;
  readonly tokenHeader?: string;
}
const SERVICES: Readonly<Record<string, (host: string, key: Key) => Promise<unknown>>> = {
  speech: (host, key) =>
    httpSpeechEngine({ url: `http://${host}/say`, ...key }).speak('a', { language: 'en' }),
  transcription: (host, key) =>
    httpTranscriber({ url: `http://${host}/hear`, ...key }).transcribe({ samples: samples() }),
  streaming: (host, key) =>
    streamingTranscriber({ url: `ws://${host}/listen`, ...key }).transcribe({ samples: samples() }),
};

/** All that a thrown thing tells, with its causes. */
const whole = (error: unknown): string =>
  error instanceof Error ? `${error.stack} ${JSON.stringify(error)} ${whole(error.cause)}` : String(error);

describe.each(Object.entries(SERVICES))('the key of a service of %s', (name, ask) => {
  const usual = name === 'streaming' ? `Token ${token}` : `Bearer ${token}`;

  it.each([
    [undefined, 'authorization', usual],
    ['xi-api-key', 'xi-api-key', token],
    ['Authorization: Basic', 'authorization', `Basic ${token}`],
  ])('is sent in the configured header (%s), and is in no message', async (tokenHeader, header, value) => {
    const { asked, host } = await service((_, response) =>
      response.writeHead(401).end(`Wrong key ${token}, or ${token.slice(0, 12)}.`),
    );
    const error = await ask(host, { token, ...(tokenHeader !== undefined && { tokenHeader }) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'ERR_FORBIDDEN',
      message: expect.stringContaining('check the key'),
    });
    expect(whole(error)).not.toContain(token.slice(0, 12));
    expect(asked.map((headers) => headers[header])).toEqual([value]);
  });

  it('is refused when no header can hold it, and not repeated', async () => {
    const error = await Promise.resolve()
      .then(() => ask('127.0.0.1:1', { token: `${token}\nx` }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG', message: expect.stringContaining('token') });
    expect(whole(error)).not.toContain(token);
  });
});

describe.each(['speech', 'transcription'])('a service of %s that redirects', (name) => {
  it('is not followed: the key is not sent to another host', async () => {
    const { asked: others, host: other } = await service((_, response) => response.end());
    const { host } = await service((_, response) =>
      response.writeHead(307, { location: `http://${other}/` }).end(),
    );
    const asked = SERVICES[name]?.(host, { token, tokenHeader: 'xi-api-key' });
    await expect(asked).rejects.toMatchObject({
      code: 'ERR_PEER',
      message: expect.stringContaining('it redirects'),
    });
    expect(others).toEqual([]);
  });
});

it('a password in a URL is refused and not repeated', () => {
  for (const make of [httpSpeechEngine, httpTranscriber]) {
    const error = (() => {
      try {
        return make({ url: 'https://user:pass-word@example.com/' });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect(whole(error)).not.toContain('pass-word');
  }
});
