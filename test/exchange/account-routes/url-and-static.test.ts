import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { STATIC_HASHES } from '../../../src/exchange/account-routes/static-routes.js';
import { accountOpenApi, accountRequests } from '../../../src/exchange.js';
import { UI_SETTINGS } from '../../../src/protocol/account/ui-settings.js';
import { accountStage } from '../account/account-stage.js';

/** The example of the service, as a fact that is known. */
const GOOGLE = {
  category: 'generic',
  content_type: 'text/html',
  description: "Search the world's information, including webpages, images, videos and more.",
  favicon: 'https://eus1-urlp.secure.skypeassets.com/static/google-32x32.ico',
  favicon_meta: { height: 32, width: 32 },
  site: 'www.google.com',
  size: '-1',
  status_code: '200',
  thumbnail: 'https://eus1-urlp.secure.skypeassets.com/static/google-90x90.png',
  thumbnail_meta: { height: 90, width: 90 },
  title: 'Google',
  url: 'http://google.com/',
  user_pic: '',
};

it('URL info gives what is known, and fetches neither unlisted hosts nor anything for accounts that have it off', async () => {
  const { url, ...known } = GOOGLE;
  await using stage = await accountStage(
    {},
    { urlInfo: { [url]: known }, urlHosts: ['localhost', '127.0.0.1'] },
  );
  const info = async (of: string) => await stage.ask(`GET /v1/url/info?url=${encodeURIComponent(of)}`);
  expect(await info(url)).toMatchObject({ status: 200, body: GOOGLE });
  for (const other of ['http://example.net/', `${stage.origin}/api/v1`, `http://localhost:${stage.port}/`]) {
    expect((await info(other)).status).toBe(403);
  }
  for (const wrong of ['file:///etc/passwd', '__proto__', 'x']) expect((await info(wrong)).status).toBe(400);
  expect((await stage.ask('GET /v1/url/info')).status).toBe(400);
  expect((await stage.ask('GET /v1/url/info?url=a&url=b')).status).toBe(400);
  await stage.ask('PUT /api/v1/11');
  expect((await info(url)).status).toBe(403);
});

it('the static set is served by its hash, also older ones; a wrong hash is redirected to the newest', async () => {
  await using stage = await accountStage();
  const [old, newest] = STATIC_HASHES;
  const set = async (hash = '') => await stage.ask(`GET /pes/v1/configs/${hash}/views/en`);
  const { body } = await set(newest);
  expect(body.items).toContainEqual({
    id: 'smile',
    type: 'emoticon',
    shortcuts: ['(smile)', ':)', ':-)'],
    visible: true,
  });
  expect(body.items.find((each: { id: string }) => each.id === 'fubar').visible).toBe(false);
  expect(body.version).toBe(2);
  expect((await set(old)).body.items.length).toBeLessThan(body.items.length);
  expect(await set('0123')).toMatchObject({
    status: 404,
    body: { error: { expected: expect.stringContaining(newest ?? '?') } },
  });
});

it('the releases of the static set never change: a change is another release', () => {
  expect(STATIC_HASHES.map((hash) => hash.slice(0, 16))).toMatchInlineSnapshot(`
    [
      "793990fdd90d0ebd",
      "496016c4abfedc7d",
    ]
  `);
});

it('the OpenAPI document is valid, is the one in docs, and has every request', async () => {
  const document = await accountOpenApi();
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect({ valid, errors }).toMatchObject({ valid: true });
  expect(JSON.parse(await readFile('docs/account-openapi.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(document)),
  );
  const paths = document['paths'] as Record<string, Record<string, unknown>>;
  const requests = await accountRequests();
  const page = await readFile('docs/account.md', 'utf8');
  for (const { request, does } of requests) expect(page).toContain(`| \`${request}\` | ${does} |`);
  for (const name of Object.keys(UI_SETTINGS)) expect(page).toContain(`| \`${name}\` |`);
  for (const { request } of requests) {
    const [method = '', path = ''] = request.split(' ');
    expect(paths[path]).toHaveProperty(method.toLowerCase());
  }
  const ids = Object.values(paths).flatMap((each) =>
    Object.values(each).map((operation) => (operation as { operationId: string }).operationId),
  );
  expect(new Set(ids).size).toBe(requests.length);
});
