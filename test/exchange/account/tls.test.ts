import { request } from 'node:https';
import { expect, it } from 'vitest';
import { certificate, hasOpenssl } from '../../certificate.js';
import { folder } from '../world.js';
import { accountStage, TOKENS } from './account-stage.js';

it.skipIf(!hasOpenssl)('account services are served over TLS, with https links (needs openssl)', async () => {
  const { cert, key } = certificate(folder(), 'services', ['DNS:localhost', 'IP:127.0.0.1']);
  const tls = { cert, key };
  await using stage = await accountStage({}, { tls, host: '127.0.0.1' });
  const location = await new Promise<unknown>((resolve, reject) => {
    const headers = { 'x-skypetoken': TOKENS.alice };
    const options = { port: stage.port, path: '/v1/users/ME/endpoints', method: 'POST', ca: cert, headers };
    const asking = request({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.headers.location);
    });
    asking.on('error', reject).end();
  });
  expect(location).toMatch(new RegExp(`^https://127.0.0.1:${stage.port}/v1/users/ME/endpoints/%7B`));
  await expect(stage.ask('GET /api/v1')).rejects.toThrow();
});
