import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { type AccountStage, type Asking, accountStage, TOKENS } from './account-stage.js';

const OPTION = '/users/alice/options/OPT_SKYPE_CALL_POLICY';

/** Requests that are refused, each with the status. */
const REFUSED: readonly (readonly [what: string, status: number, request: string, asking?: Asking])[] = [
  ['no token', 401, 'GET /api/v1', { headers: { 'x-skypetoken': '' } }],
  ['a wrong token', 401, 'GET /api/v1', { headers: { 'x-skypetoken': `${TOKENS.alice}x` } }],
  ['tokens of two users', 401, 'GET /api/v1', { headers: { authentication: `skypetoken=${TOKENS.bob}` } }],
  ['a token in a header of another form', 401, 'GET /api/v1', { headers: { authorization: TOKENS.alice } }],
  ['an option of another', 403, `GET ${OPTION}`, { as: 'bob' }],
  ['an option of another, to set', 403, `POST ${OPTION}`, { as: 'bob', form: { integerValue: '2' } }],
  ['somebody whom there is not', 403, 'GET /users/nobody/options/OPT_X'],
  ['an encoded slash in an id', 400, 'GET /users/..%2falice/options/OPT_X'],
  ['an encoded way up', 400, 'GET /users/%2e%2e%2falice/options/OPT_X'],
  ['a NUL in an id', 400, 'GET /users/alice%00/options/OPT_X'],
  ['bad percent-encoding', 400, 'GET /users/%zz/options/OPT_X'],
  ['a path that is none', 404, 'GET /etc/passwd'],
  ['a property of every object as a service', 404, 'GET /__proto__'],
  ['a flag that is none', 400, 'PUT /api/v1/constructor'],
  ['a flag below zero', 400, 'PUT /api/v1/-1'],
  ['a flag that is too great', 400, 'PUT /api/v1/10000'],
  ['a fraction of a flag', 400, 'PUT /api/v1/1.5'],
  ['a method that is not possible', 405, 'POST /api/v1'],
  ['a method of none', 405, 'PATCH /api/v1/1'],
  ['an option whose name is none', 400, 'GET /users/alice/options/__proto__'],
  ['a value that the option cannot have', 400, `POST ${OPTION}`, { form: { integerValue: '1' } }],
  ['a text for it', 400, `POST ${OPTION}`, { form: { stringValue: '2' } }],
  ['a value of 33 bits', 400, 'POST /users/alice/options/OPT_X', { form: { integerValue: '9999999999' } }],
  [
    'no value',
    400,
    `POST ${OPTION}`,
    { form: {}, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  ],
  ['two values', 400, `POST ${OPTION}`, { form: { integerValue: '2', stringValue: 'x' } }],
  ['JSON for a form', 415, `POST ${OPTION}`, { json: { integerValue: 2 } }],
  [
    'a form for JSON',
    415,
    'PUT /options/v1/users/self/options/calling.skype-call-policy',
    { form: { value: 'AUTHORIZED_CAN_CALL' } },
  ],
  [
    'a word that is none',
    400,
    'PUT /options/v1/users/self/options/calling.skype-call-policy',
    { json: { value: 'NOBODY' } },
  ],
  ['a list for an object', 400, 'POST /people/account/settings', { json: [] }],
  ['settings that are none', 400, 'POST /people/account/settings', { json: { Settings: [{ Name: 1 }] } }],
  [
    'a setting among others that is none',
    400,
    'POST /people/account/settings',
    {
      json: {
        Settings: [
          { Name: 'Skype.AutoBuddy', Value: true },
          { Name: '../x', Value: true },
        ],
      },
    },
  ],
  ['a service at the host of another', 404, 'GET /api/v1', { headers: { host: 'api.example.net' } }],
];

const stateOf = ({ exchange }: AccountStage) =>
  exchange.handles.map((handle) => [...exchange.endpoint(handle).user.record()]);

const ERROR = {
  code: expect.stringMatching(/^ERR_/),
  message: expect.any(String),
  expected: expect.any(String),
};

it('invalid values are refused in one form, with what was expected, and change nothing', async () => {
  await using stage = await accountStage();
  const before = stateOf(stage);
  for (const [what, status, request, asking] of REFUSED) {
    const answer = await answered(stage, request, asking);
    expect({ what, status: answer.status, body: answer.body }).toEqual({
      what,
      status,
      body: { error: ERROR },
    });
  }
  expect(stateOf(stage)).toEqual(before);
  expect(stage.failures).toEqual([]);
});

/** A host of one's own cannot be said by `fetch`. */
async function answered(stage: AccountStage, request: string, asking: Asking = {}) {
  const host = asking.headers?.['host'];
  if (host === undefined) return stage.ask(request, asking);
  const text = await sent(stage.port, `${request} HTTP/1.1\r\nHost: ${host}\r\n${HEAD}\r\n\r\n`);
  return { status: Number(text.split(' ')[1]), body: bodyIn(text) };
}

const HEAD = `X-Skypetoken: ${TOKENS.alice}\r\nConnection: close`;
const PUT = `PUT /api/v1/7 HTTP/1.1\r\nHost: x\r\n`;

it('invalid requests and repeated headers are refused', async () => {
  await using stage = await accountStage({}, { requestTimeoutMs: 300 });
  const before = stateOf(stage);
  const POST = `POST /people/account/settings HTTP/1.1\r\nHost: x\r\n${HEAD}\r\nContent-Type: application/json\r\n`;
  const cases: readonly (readonly [string, number, readonly string[]])[] = [
    ['two tokens', 400, [`${PUT}X-Skypetoken: ${TOKENS.bob}\r\n${HEAD}\r\n\r\n`]],
    ['two hosts', 400, [`${PUT}Host: y\r\n${HEAD}\r\n\r\n`]],
    ['10 MB', 413, [`${POST}Content-Length: 10485760\r\n\r\n{`]],
    ['two lengths', 400, [`${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`]],
    ['a length and chunks', 400, [`${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]],
    ['a host that is none', 400, [`PUT /api/v1/7 HTTP/1.1\r\nHost: x/../y\r\n${HEAD}\r\n\r\n`]],
    ['a way up', 400, [`PUT /x/../api/v1/7 HTTP/1.1\r\nHost: x\r\n${HEAD}\r\n\r\n`]],
    ['an encoded way up', 400, [`PUT /x/%2e%2e/api/v1/7 HTTP/1.1\r\nHost: x\r\n${HEAD}\r\n\r\n`]],
    ['a body that does not come', 408, [`${POST}Content-Length: 100\r\n\r\n{`]],
    [
      'chunks without end',
      413,
      [`${POST}Transfer-Encoding: chunked\r\n\r\n`, `8000\r\n${'x'.repeat(32_768)}\r\n`.repeat(3)],
    ],
  ];
  await Promise.all(
    cases.map(async ([what, status, parts]) => {
      const text = await sent(stage.port, ...parts);
      expect({ what, head: text.split('\r\n')[0] }).toEqual({
        what,
        head: expect.stringContaining(` ${status} `),
      });
      expect(bodyIn(text)).toEqual({ error: ERROR });
    }),
  );
  expect(stateOf(stage)).toEqual(before);
});

it('a token is taken from each of the headers that programs use', async () => {
  await using stage = await accountStage();
  for (const header of [
    `X-Skypetoken: ${TOKENS.alice}`,
    `Authentication: skypetoken=${TOKENS.alice}`,
    `Authorization: skype_token ${TOKENS.alice}`,
    `Authorization: skypetoken ${TOKENS.alice}`,
    `Authorization: Bearer ${TOKENS.alice}`,
  ]) {
    const request = `GET /api/v1 HTTP/1.1\r\nHost: x\r\n${header}\r\nConnection: close\r\n\r\n`;
    expect({ header, answer: await sent(stage.port, request) }).toEqual({
      header,
      answer: expect.stringContaining(' 200 '),
    });
  }
});

it('services are distinguished by the first label of the host', async () => {
  await using stage = await accountStage();
  const asked = async (host: string, path: string) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${HEAD}\r\n\r\n`;
    return Number((await sent(stage.port, request)).split(' ')[1]);
  };
  expect(await asked('flagsapi.example.net', '/api/v1')).toBe(200);
  expect(await asked('flagsapi.example.net:4180', '/')).toBe(200);
  expect(await asked('people.directory.example.net', '/people/account/settings')).toBe(200);
  expect(await asked('people.directory.example.net', '/api/v1')).toBe(404);
  expect(await asked('people.directory.example.net', '/flags/api/v1')).toBe(200);
  expect(await asked('[::1]:4180', '/api/v1')).toBe(200);
});

it('requests are limited per account, and more strictly without a token', async () => {
  await using stage = await accountStage({}, { perSecond: 1 });
  const statuses = async (as: keyof typeof TOKENS, headers = {}) => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => stage.ask('GET /api/v1', { as, headers })),
    );
    return answers.map(({ status }) => status);
  };
  expect(await statuses('alice')).toContain(429);
  expect(await statuses('bob', { 'x-skypetoken': 'x' })).toEqual(expect.arrayContaining([401, 429]));
  expect((await stage.ask('GET /api/v1', { as: 'carol' })).status).toBe(200);
});

it('invalid options are refused by name', async () => {
  await using stage = await accountStage();
  const opened = (options: object) => stage.exchange.listenHttp({ tokens: TOKENS, ...options });
  await expect(opened({ tokens: { nobody: TOKENS.alice } })).rejects.toThrow(/tokens\.nobody/);
  await expect(opened({ tokens: { alice: 'short' } })).rejects.toThrow(
    /tokens\.alice must be .*5 characters/,
  );
  await expect(opened({ tokens: { alice: TOKENS.bob, bob: TOKENS.bob } })).rejects.toThrow(/tokens\.bob/);
  await expect(opened({ tls: { key: 'x', cert: 'y' } })).rejects.toThrow(/tls must be/);
  await expect(opened({ messagingOrigin: 'ftp://x' })).rejects.toThrow(/messagingOrigin/);
  await expect(opened({ port: stage.port })).rejects.toMatchObject({ code: 'ERR_PORT' });
});

/** The JSON of an answer, in chunks or whole. */
function bodyIn(answer: string): unknown {
  const body = answer.split('\r\n\r\n')[1] ?? '';
  return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1));
}

/** Sends bytes; resolves to all that comes until the other side closes. */
function sent(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => parts.forEach((part) => void socket.write(part)));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}
