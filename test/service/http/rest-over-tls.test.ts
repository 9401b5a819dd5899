import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { EventFeed, FeedMetrics, HttpServer } from '../../../src/service.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { served, TOKENS } from '../served.js';

describe.skipIf(!hasOpenssl)('the REST API over TLS (needs openssl)', () => {
  it('answers over TLS, does not answer plain HTTP, and does not start without a key', async () => {
    await served(async ({ folder, service, api }) => {
      const { key, cert } = certificate(folder, 'web', ['IP:127.0.0.1']);
      const over = new AbortController();
      const metrics = new FeedMetrics(new EventFeed(), service.figures, over.signal);
      await using http = await HttpServer.open(service, metrics, { port: 0, api, tls: { key, cert } });
      const calls = await new Promise<string>((resolve, reject) => {
        const where = { host: '127.0.0.1', port: http.port, path: '/v1/calls', ca: cert };
        const headers = { authorization: `Bearer ${TOKENS.robot}` };
        request({ ...where, headers }, (response) => resolve(text(response)))
          .on('error', reject)
          .end();
      });
      expect(JSON.parse(calls)).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${http.port}/healthz`)).rejects.toThrow();
      await expect(
        HttpServer.open(service, metrics, { port: 0, tls: { key: cert, cert } }),
      ).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
      over.abort();
    });
  });
});
