import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { isTwilioRequest, twilioSignature } from '../../../src/line/websocket/access.js';
import { WebSocketListener } from '../../../src/line/websocket/web-socket-listener.js';
import { FOREIGN_MODULES, foreignModule } from '../../foreign-modules.js';
import { Texts } from '../media/line-stage.js';

type Fields = Record<string, string | string[]>;

/** The parts of Twilio's own library that matter here. */
interface Webhooks {
  getExpectedTwilioSignature(token: string, url: string, fields: Fields, algorithm?: string): string;
  getExpectedBodyHash(body: string): string;
  validateRequestWithBody(
    token: string,
    signature: string,
    url: string,
    body: string,
    algorithm?: string,
  ): boolean;
  validateRequest(token: string, signature: string, url: string, fields: Fields): boolean;
}
type VoiceResponse = new () => {
  connect(): {
    stream(options: { url: string }): { parameter(options: { name: string; value: string }): void };
  };
  toString(): string;
};

const TOKEN = 'a-token-of-an-account';

describe.skipIf(!FOREIGN_MODULES)("Twilio's own library (needs JACKFIELD_FOREIGN_MODULES)", async () => {
  const webhooks = FOREIGN_MODULES
    ? await foreignModule<Webhooks>('twilio/lib/webhooks/webhooks.js')
    : undefined;

  it('signs as we do, and accepts our signature, for any address and fields', () => {
    if (!webhooks) return;
    const urls = [
      'wss://voice.example.com/media',
      'wss://voice.example.com:8443/media?a=1&b=%C3%A4',
      'https://example.com/',
      "wss://[2001:db8::1]:443/o'clock",
    ];
    const fields: Fields[] = [
      {},
      { CallSid: 'CA1', From: '+14158675309', Digits: '1234#' },
      { b: 'ü € 😀', a: '', A: 'upper before lower', 'a b': '\n' },
      { many: ['two', 'one', 'two', 'Three'], none: [] },
    ];
    for (const url of urls) {
      for (const each of fields) {
        const ours = twilioSignature(TOKEN, url, each);
        expect(ours).toBe(webhooks.getExpectedTwilioSignature(TOKEN, url, each));
        expect(webhooks.validateRequest(TOKEN, ours, url, each)).toBe(true);
      }
    }
  });

  it.each([undefined, 'HMAC_SHA1', 'HMAC_SHA256'])(
    'signs JSON by its hash in the form that we accept (%s)',
    (algorithm) => {
      if (!webhooks) return;
      const settings = algorithm && {
        'x-twilio-webhooks-signature-settings': `key=k_1,algorithm=${algorithm}`,
      };
      for (const body of ['{"CallSid":"CA1"}', '', 'ü € 😀', '{}\n']) {
        const hash = webhooks.getExpectedBodyHash(body);
        for (const port of ['', ':443']) {
          const url = `https://example.com${port}/hook?a=1&bodySHA256=${hash}`;
          const signature = webhooks.getExpectedTwilioSignature(TOKEN, url, {}, algorithm);
          const ours = twilioSignature(TOKEN, url, {}, algorithm === 'HMAC_SHA256' ? 'sha256' : 'sha1');
          expect(ours).toBe(signature);
          expect(webhooks.validateRequestWithBody(TOKEN, ours, url, body, algorithm)).toBe(true);
          const headers = { 'x-twilio-signature': signature, ...settings };
          const asked = url.replace(port, '');
          expect(isTwilioRequest({ authToken: TOKEN, url: asked, headers, body })).toBe(true);
          expect(isTwilioRequest({ authToken: TOKEN, url: asked, headers, body: `${body} ` })).toBe(false);
        }
      }
    },
  );

  it.each([
    ['the address as it is', 'wss://voice.example.com/media', 'wss://voice.example.com'],
    ['with the port', 'wss://voice.example.com:443/media', 'wss://voice.example.com'],
    ['without the port', 'wss://voice.example.com/media', 'wss://voice.example.com:8443/'],
    ['where https: was given', 'wss://voice.example.com/media', 'https://voice.example.com'],
  ])('opens our port with its signature: %s', async (_, signed, publicUrl) => {
    if (!webhooks) return;
    const listener = await WebSocketListener.open(
      {
        ...{ port: 0, host: '127.0.0.1', subprotocols: [], maxConnections: 10, clock: systemClock },
        access: { twilio: { authToken: TOKEN, publicUrl } },
      },
      () => undefined,
    );
    const status = async (token: string) => {
      const header = webhooks.getExpectedTwilioSignature(token, signed, {});
      const headers = { 'x-twilio-signature': header };
      return (await new Texts(`ws://127.0.0.1:${listener.port}/media`, { headers }).open()).status ?? 101;
    };
    expect(await status(TOKEN)).toBe(101);
    expect(await status('another-token')).toBe(401);
    await listener[Symbol.asyncDispose]();
  });

  it('makes the answer to the webhook that the guide has', async () => {
    const { default: Response } = await foreignModule<{ default: VoiceResponse }>(
      'twilio/lib/twiml/VoiceResponse.js',
    );
    const response = new Response();
    response
      .connect()
      .stream({ url: 'wss://voice.example.com/media' })
      .parameter({ name: 'to', value: 'jack' });
    const guide = readFileSync(new URL('../../../docs/media-servers.md', import.meta.url), 'utf8');
    const xml = /```xml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    // Blanks between elements, and before the end of an empty one, mean nothing.
    const compact = (text: string) =>
      text
        .replace(/>\s+/g, '>')
        .replace(/\s+\/>/g, '/>')
        .trim();
    expect(compact(response.toString())).toContain(compact(xml));
  });
});
