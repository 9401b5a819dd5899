import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import { connectMedia } from '../../../src/line/media/connect-media.js';
import { isTwilioRequest, twilioSignature } from '../../../src/line/websocket/access.js';
import {
  WebSocketListener,
  type WebSocketListenerOptions,
} from '../../../src/line/websocket/web-socket-listener.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { until } from '../../turns.js';
import { Texts } from '../media/line-stage.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

async function listener(options: Partial<WebSocketListenerOptions> = {}) {
  const seen: string[] = [];
  const it = await WebSocketListener.open(
    {
      ...{ port: 0, host: '127.0.0.1', access: {}, subprotocols: [], maxConnections: 10, clock: systemClock },
      ...options,
    },
    ({ url }) => seen.push(url.pathname + url.search),
  );
  open.push(it);
  return { seen, port: it.port, url: `ws://127.0.0.1:${it.port}/call?to=ann` };
}

describe('the signature of Twilio', () => {
  it('is that of the example in its documentation', () => {
    const fields = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(twilioSignature('12345', url, fields)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  });
});

describe('a request that claims to be from Twilio', () => {
  const authToken = 'token-of-an-account';
  const body = '{"CallSid":"CA1"}';
  const hash = createHash('sha256').update(body).digest('hex');
  const url = `https://example.com/hook?bodySHA256=${hash}`;
  const settings = (algorithm: string) => ({
    'x-twilio-webhooks-signature-settings': `key=k, algorithm=${algorithm}`,
  });
  const signed = (of: string, how: 'sha1' | 'sha256' = 'sha1') => ({
    'x-twilio-signature': twilioSignature(authToken, of, {}, how),
  });

  it('is accepted when its address, fields and body are signed', () => {
    const fields = { CallSid: 'CA1', Digits: ['2', '1'] };
    const form = 'https://example.com:443/form';
    const headers = { 'x-twilio-signature': twilioSignature(authToken, form, fields) };
    expect(isTwilioRequest({ authToken, url: 'https://example.com/form', headers, fields })).toBe(true);
    expect(isTwilioRequest({ authToken, url, headers: signed(url), body })).toBe(true);
    expect(isTwilioRequest({ authToken, url, headers: signed(url), body: Buffer.from(body) })).toBe(true);
    const headersOfKey = { ...signed(url, 'sha256'), ...settings('HMAC_SHA256') };
    expect(isTwilioRequest({ authToken, url, headers: headersOfKey, body })).toBe(true);
  });

  it('is refused when any of that is missing, changed or not signed', () => {
    const bare = 'https://example.com/hook';
    const fields = { CallSid: 'CA1' };
    const all: Parameters<typeof isTwilioRequest>[0][] = [
      { authToken: 'another-token', url, headers: signed(url), body },
      { authToken, url, headers: {}, body },
      { authToken, url, headers: { 'x-twilio-signature': [signed(url)['x-twilio-signature']] }, body },
      { authToken, url, headers: signed(url), body: `${body} ` },
      { authToken, url, headers: signed(url) },
      { authToken, url: bare, headers: signed(bare), body },
      { authToken, url: bare, headers: signed(bare), fields },
      { authToken, url: `${bare}?bodySHA256=`, headers: signed(`${bare}?bodySHA256=`), body },
      { authToken, url: url.replace('/hook', '/other'), headers: signed(url), body },
      { authToken, url: 'no address', headers: signed('no address') },
      { authToken, url, headers: { ...signed(url, 'sha256') }, body },
      { authToken, url, headers: { ...signed(url), ...settings('HMAC_MD5') }, body },
    ];
    expect(all.filter((each) => isTwilioRequest(each))).toEqual([]);
  });

  it('is an invalid argument when its parts are missing', () => {
    const asked = { authToken, url, headers: {}, body: 7 } as never;
    expect(() => isTwilioRequest(asked)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });
});

describe('a port of WebSockets', () => {
  const status = async (url: string, headers: Record<string, string>) => {
    const client = await new Texts(url, { headers }).open();
    return client.status ?? 101;
  };

  it('admits clients with a token, a password or the signature, and no others', async () => {
    const authToken = 'token-of-an-account';
    const access = {
      bearer: ['a-long-token'],
      basic: ['user:password'],
      twilio: { authToken, publicUrl: 'wss://voice.example.com/' },
    };
    const { url, seen } = await listener({ access });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const signed = (to: string) => ({ 'x-twilio-signature': twilioSignature(authToken, to) });
    expect(await status(url, {})).toBe(401);
    expect(await status(url, { authorization: 'Bearer a-long-tokem' })).toBe(401);
    expect(await status(url, basic('user:passwort'))).toBe(401);
    expect(await status(url, signed('wss://voice.example.com/other'))).toBe(401);
    expect(seen).toEqual([]);
    expect(await status(url, { authorization: 'Bearer a-long-token' })).toBe(101);
    expect(await status(url, basic('user:password'))).toBe(101);
    expect(await status(url, signed('wss://voice.example.com/call?to=ann'))).toBe(101);
    expect(seen).toHaveLength(3);
  });

  it('closes the connection of a message that is too long, or without a mask', async () => {
    const { url, port } = await listener();
    const client = await new Texts(url).open();
    client.send(Buffer.alloc(10 * 1024 * 1024));
    await until(() => client.closed !== undefined);
    const raw = connect(port, '127.0.0.1');
    let isClosed = false;
    raw
      .on('error', () => undefined)
      .on('close', () => {
        isClosed = true;
      });
    raw.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await new Promise((resolve) => raw.once('data', resolve));
    raw.write(Uint8Array.of(0x81, 0x02, 0x7b, 0x7d));
    await until(() => isClosed);
  });

  it('limits a thousand connections that never send', async () => {
    const { port, url } = await listener({ maxConnections: 20 });
    const idle = Array.from({ length: 1000 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await until(
      () => idle.filter((each) => each.closed || each.destroyed || each.readableEnded).length >= 980,
    );
    for (const each of idle) each.destroy();
    let last = 0;
    await until(() => {
      const client = last === 0 ? new Texts(url) : undefined;
      if (client) {
        last = 1;
        client.socket.on('open', () => {
          last = 2;
        });
        client.socket.on('close', () => {
          if (last === 1) last = 0;
        });
      }
      return last === 2;
    });
  });

  it.skipIf(!hasOpenssl)(
    'speaks TLS, and its client trusts the authority that it is given (needs openssl)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'jackfield-tls-'));
      try {
        const { key, cert } = certificate(folder, 'agent', ['DNS:localhost'], 'localhost');
        const tls = { key, cert };
        const { port, seen } = await listener({ tls, access: { bearer: ['a-long-token'] } });
        const to = `wss://localhost:${port}/agent`;
        const raw = dialectNamed('raw');
        const credentials = { bearer: 'a-long-token' };
        const clock = systemClock;
        await expect(connectMedia(to, raw, { clock, credentials })).rejects.toMatchObject({
          code: 'ERR_PEER',
        });
        await expect(connectMedia(to, raw, { clock, ca: tls.cert })).rejects.toMatchObject({
          code: 'ERR_FORBIDDEN',
        });
        const connection = await connectMedia(to, raw, { clock, credentials, ca: tls.cert });
        expect(seen).toEqual(['/agent']);
        connection.abort();
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
