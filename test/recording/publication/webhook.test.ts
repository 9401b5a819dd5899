import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishHook } from '../../../src/recording/publication/finish-hook.js';
import { signWebhook, verifyWebhook, webhook } from '../../../src/recording/publication/webhook.js';

const secret = 'a secret of some length';
const now = { unixSeconds: 1_700_000_000 };
const genuine = signWebhook('{}', secret, now.unixSeconds);

/** Changes one place of a header: a character put in, taken out or replaced, a piece doubled, a zero in front. */
const mutated = fc
  .tuple(
    fc.nat(genuine.length),
    fc.constantFrom('cut', 'put', 'replace', 'double', 'zero'),
    fc.string({ minLength: 1 }),
  )
  .map(([at, how, text]) => {
    if (how === 'cut') return genuine.slice(0, at) + genuine.slice(at + text.length);
    if (how === 'put') return genuine.slice(0, at) + text + genuine.slice(at);
    if (how === 'replace') return genuine.slice(0, at) + text + genuine.slice(at + text.length);
    if (how === 'double') return genuine + genuine.slice(at);
    return genuine.replace('t=', `t=${'0'.repeat(1 + (at % 3))}`);
  })
  .filter((header) => header !== genuine);

describe('the signature of a webhook', () => {
  it('is valid only for its body, secret and time', () => {
    expect(verifyWebhook('{}', genuine, secret, now)).toBe(true);
    expect(verifyWebhook('{} ', genuine, secret, now)).toBe(false);
    expect(verifyWebhook('{}', genuine, `${secret}.`, now)).toBe(false);
    expect(verifyWebhook('{}', genuine, secret, { unixSeconds: now.unixSeconds + 301 })).toBe(false);
  });

  it('is invalid, without an exception, for a hundred thousand tampered headers', () => {
    fc.assert(
      fc.property(mutated, (header) => verifyWebhook('{}', header, secret, now) === false),
      { numRuns: 100_000 },
    );
  });

  it.each([undefined, null, 7, [], [genuine, genuine], {}])(
    'is invalid for a value that is not a text: %j',
    (header) => {
      expect(verifyWebhook('{}', header as string, secret, now)).toBe(false);
    },
  );
});

it.each([0, 99, -1, Number.NaN, Number.POSITIVE_INFINITY, 3e9])(
  'a webhook refuses a time limit of %s',
  (timeoutMs) => {
    expect(() => webhook({ url: 'http://a/', secret, timeoutMs })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  },
);

it('webhooks and hooks deliver with any accepted time limit', async () => {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const event = { id: '1', type: 'published' };
  const { signal } = new AbortController();
  for (const timeoutMs of [20_000.5, 600_000]) {
    for (const deliver of [webhook({ url, secret, timeoutMs }), finishHook({ command: 'cat', timeoutMs })])
      await deliver(event as Parameters<typeof deliver>[0], { signal });
  }
  server.closeAllConnections();
  server.close();
});
