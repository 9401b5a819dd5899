import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  BearerTokens,
  CONTROL_COMMANDS,
  type ControlCommand,
  controlCommands,
  type FeedEvent,
  feedEventSchema,
  openApiDocument,
} from '../../../src/service.js';
import { type Answer, type Served, served, TOKENS, turned } from '../served.js';

/** Checks that an answer of the API fits what the table says of the command. */
function gives(command: ControlCommand, { status, body }: Answer) {
  expect({ status, body }).toMatchObject({ status: 200 });
  return CONTROL_COMMANDS[command].gives.parse(body);
}
const UPGRADE = {
  ...{ connection: 'Upgrade', upgrade: 'websocket' },
  ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
};
const ERROR = {
  code: expect.stringMatching(/^ERR_/),
  message: expect.any(String),
  expected: expect.any(String),
};

/** Reads events as they come, until one is as wanted. */
async function* lines(response: Response): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const part of response.body ?? []) {
    const parts = `${rest}${Buffer.from(part).toString()}`.split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

describe('the REST API', () => {
  it('controls a call from its start to its end, records it, and reports each step', async () => {
    const events = await served(async ({ ask, callers, events }) => {
      const [, bob] = callers;
      bob!.on('call', (call) => void call.answer().catch(() => undefined));
      const { call } = gives('call', await ask('POST', '/v1/calls', { body: { to: 'bob' } })) as {
        call: number;
      };
      const isTalking = (event: FeedEvent) =>
        event.type === 'state' && event.status === 'INPROGRESS' && event.call === call;
      await turned(() => events.some(isTalking));
      const [view] = gives('calls', await ask('GET', '/v1/calls')) as object[];
      expect(view).toMatchObject({ call, partner: 'bob', direction: 'out', status: 'INPROGRESS' });
      await turned(() => events.some((event) => event.type === 'recording' && event.what === 'begun'));
      for (const step of ['record/pause', 'record/resume', 'hold', 'resume']) {
        const name = step.replace('/', '-') as ControlCommand;
        expect(gives(name, await ask('POST', `/v1/calls/${call}/${step}`))).toEqual({
          call,
          account: 'desk',
        });
      }
      await ask('POST', `/v1/calls/${call}/digits`, { body: { digits: '12#' } });
      gives('hangup', await ask('POST', `/v1/calls/${call}/hangup`, { body: { account: 'desk' } }));
      await turned(() => events.some((event) => event.type === 'recording' && event.what === 'published'));
    });
    const commands = events.flatMap((event) =>
      event.type === 'control' ? [`${event.by} ${event.command}`] : [],
    );
    expect(commands).toEqual(
      ['call', 'record-pause', 'record-resume', 'hold', 'resume', 'digits', 'hangup'].map(
        (name) => `robot ${name}`,
      ),
    );
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
  });

  it('makes the bot of a call say something, and answers a call that is still ringing', async () => {
    await served(async ({ ask, callers, events }) => {
      const [anna, bob] = callers;
      await anna!.call('desk');
      await turned(() => events.some((event) => event.type === 'bot' && event.what === 'talking'));
      const calls = gives('calls', await ask('GET', '/v1/calls')) as { call: number; bot?: string }[];
      const talk = calls.find(({ bot }) => bot === 'greeter');
      const said = await ask('POST', `/v1/calls/${talk?.call}/say`, {
        body: { text: 'nothing speaks this' },
      });
      expect(said).toMatchObject({ body: { error: ERROR } });
      const ringing = await bob!.call('desk');
      await turned(() => events.some((event) => event.type === 'decision' && event.answer === undefined));
      const all = gives('calls', await ask('GET', '/v1/calls')) as { call: number; bot?: string }[];
      const { call } = all.find(({ bot }) => bot === undefined) ?? {};
      expect(await ask('POST', `/v1/calls/${call}/say`, { body: { text: 'x' } })).toMatchObject({
        status: 409,
        body: { error: { code: 'ERR_INVALID_STATE', expected: 'a call with a bot' } },
      });
      gives('answer', await ask('POST', `/v1/calls/${call}/answer`));
      await ringing.reached('INPROGRESS');
      gives('hangup', await ask('POST', `/v1/calls/${call}/hangup`));
    });
  });

  it('tells the account of a call when several have it, and lists the accounts', async () => {
    const endpoints = { desk: { attach: 'exchange:desk' }, night: { attach: 'exchange:night' } };
    await served(
      async ({ ask }) => {
        const body = { to: 'bob' };
        expect(await ask('POST', '/v1/calls', { body })).toMatchObject({
          status: 400,
          body: { error: { expected: 'account: one of desk, night' } },
        });
        expect(await ask('POST', '/v1/calls', { body: { ...body, account: 'nobody' } })).toMatchObject({
          status: 404,
        });
        gives('call', await ask('POST', '/v1/calls', { body: { ...body, account: 'night' } }));
      },
      { endpoints },
    );
  });

  it.each(['application/x-ndjson', 'text/event-stream'])(
    'sends events as they occur, as %s',
    async (accept) => {
      await served(async ({ http, service }) => {
        const gone = new AbortController();
        const response = await fetch(`http://127.0.0.1:${http.port}/v1/events`, {
          headers: { authorization: `Bearer ${TOKENS.viewer}`, accept },
          signal: gone.signal,
        });
        expect(response.headers.get('content-type')).toBe(accept);
        service.feed.failed('a place', new Error('line\nbreak'));
        let event: FeedEvent | undefined;
        for await (const line of lines(response)) {
          const json = accept.includes('ndjson') ? line : /^data: (.*)$/.exec(line)?.[1];
          if (json === undefined) continue;
          event = feedEventSchema.parse(JSON.parse(json));
          break;
        }
        expect(event).toMatchObject({ type: 'failure', reason: 'line\nbreak' });
        gone.abort();
        await turned(() => service.feed.readers.every(({ name }) => name !== 'tail of viewer'));
      });
    },
  );

  it('tells events over a WebSocket, one a message, until the client goes or its token does', async () => {
    await served(async ({ http, service, api, folder }) => {
      const client = () =>
        new WebSocket(`ws://127.0.0.1:${http.port}/v1/events`, {
          headers: { authorization: `Bearer ${TOKENS.viewer}` },
        });
      const isRead = () => service.feed.readers.some(({ name }) => name === 'tail of viewer');
      const first = client();
      await once(first, 'open');
      await turned(isRead);
      first.send('what a client says is ignored');
      service.feed.failed('a place', new Error('line\nbreak \u2028'));
      const [text, isBinary] = (await once(first, 'message')) as [Buffer, boolean];
      expect(isBinary).toBe(false);
      expect(feedEventSchema.parse(JSON.parse(text.toString()))).toMatchObject({
        ...{ type: 'failure', reason: expect.stringContaining('line\nbreak') },
      });
      first.close();
      await once(first, 'close');
      await turned(() => !isRead());
      const second = client();
      await once(second, 'open');
      await turned(isRead);
      const closed = once(second, 'close');
      const tokens = { robot: { file: join(folder, 'robot') } };
      api.useTokens(await BearerTokens.read({ tokens }));
      expect(await closed).toEqual([1005, Buffer.alloc(0)]);
    });
  });

  it.each([
    ['without a token', 401, 'ERR_FORBIDDEN', '/v1/events', { authorization: '' }],
    ['of another version', 400, 'ERR_SYNTAX', '/v1/events', { 'sec-websocket-version': '1' }],
    ['at another path', 404, 'ERR_UNSUPPORTED', '/v1/nothing', {}],
  ])('refuses a WebSocket %s', async (_, status, code, path, headers) => {
    await served(async ({ http, service }) => {
      const given = { authorization: `Bearer ${TOKENS.viewer}`, ...headers };
      const asking = get({ ...{ port: http.port, path }, headers: { ...UPGRADE, ...given } });
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(status);
      expect(JSON.parse((await response.toArray()).join(''))).toMatchObject({ error: { ...ERROR, code } });
      expect(service.feed.readers.some(({ name }) => name.startsWith('tail of'))).toBe(false);
    });
  });

  it('answers a client that offers another protocol than HTTP/1.1 as usual', async () => {
    await served(async ({ http }) => {
      const headers = { connection: 'Upgrade', upgrade: 'h2c', authorization: `Bearer ${TOKENS.viewer}` };
      const [response] = (await once(get({ port: http.port, path: '/v1/status', headers }), 'response')) as [
        IncomingMessage,
      ];
      expect(response.statusCode).toBe(200);
      expect(JSON.parse((await response.toArray()).join(''))).toMatchObject({ draining: false });
    });
  });

  const cases: readonly (readonly [string, number, string, (served: Served) => Promise<Answer>])[] = [
    ['without a token', 401, 'ERR_FORBIDDEN', ({ ask }) => ask('GET', '/v1/status', { token: '' })],
    [
      'an unknown token',
      401,
      'ERR_FORBIDDEN',
      ({ ask }) => ask('GET', '/v1/status', { token: 'x'.repeat(20) }),
    ],
    [
      'part of a token',
      401,
      'ERR_FORBIDDEN',
      ({ ask }) => ask('GET', '/v1/status', { token: TOKENS.robot.slice(0, -1) }),
    ],
    [
      'a token that may read',
      403,
      'ERR_FORBIDDEN',
      ({ ask }) => ask('POST', '/v1/drain', { token: TOKENS.viewer }),
    ],
    ['no such path', 404, 'ERR_UNSUPPORTED', ({ ask }) => ask('GET', '/v1/constructor')],
    ['no such id', 404, 'ERR_UNSUPPORTED', ({ ask }) => ask('POST', '/v1/calls/-1/hangup')],
    ['no such call', 404, 'ERR_INVALID_ARG', ({ ask }) => ask('POST', '/v1/calls/99/hangup')],
    ['a wrong method', 405, 'ERR_UNSUPPORTED', ({ ask }) => ask('DELETE', '/v1/calls')],
    ['a read of what changes', 405, 'ERR_UNSUPPORTED', ({ ask }) => ask('GET', '/v1/drain')],
    ['no JSON', 400, 'ERR_SYNTAX', ({ ask }) => ask('POST', '/v1/calls', { body: '{' })],
    ['no object', 400, 'ERR_SYNTAX', ({ ask }) => ask('POST', '/v1/calls', { body: '[1]' })],
    [
      'an unknown field',
      400,
      'ERR_INVALID_ARG',
      ({ ask }) => ask('POST', '/v1/calls', { body: { to: 'bob', x: 1 } }),
    ],
    ['a missing field', 400, 'ERR_INVALID_ARG', ({ ask }) => ask('POST', '/v1/calls', { body: {} })],
    [
      'a line break in a name',
      400,
      'ERR_LINE_BREAK',
      ({ ask }) => ask('POST', '/v1/calls', { body: { to: 'bob\nSET USERSTATUS OFFLINE' } }),
    ],
    [
      'a body too long',
      413,
      'ERR_LIMIT',
      ({ ask }) => ask('POST', '/v1/calls', { body: { to: 'x'.repeat(70_000) } }),
    ],
    [
      'another type',
      415,
      'ERR_UNSUPPORTED',
      ({ ask }) => ask('POST', '/v1/calls', { body: '{}', headers: { 'content-type': 'text/plain' } }),
    ],
  ];
  it('refuses invalid requests in one form, with what was expected', async () => {
    await served(async (it) => {
      for (const [what, status, code, request] of cases) {
        const { body, ...answer } = await request(it);
        expect({ what, status: answer.status, body }).toEqual({
          what,
          status,
          body: { error: { ...ERROR, code } },
        });
      }
      expect((await it.ask('DELETE', '/v1/calls')).headers.get('allow')).toBe('GET, POST');
      expect((await it.ask('GET', '/v1/status', { token: '' })).headers.get('www-authenticate')).toBe(
        'Bearer',
      );
    });
  });

  it('limits requests per token, and more strictly without one', async () => {
    await served(async ({ ask, service }) => {
      const statuses: number[] = [];
      const at = service.clock.now();
      for (let tries = 0; tries < 8; tries++)
        statuses.push((await ask('GET', '/v1/status', { token: '' })).status);
      // Time may have gone on meanwhile: it is the exchange's.
      if (service.clock.now() === at) expect(statuses.slice(-2)).toEqual([429, 429]);
      expect((await ask('GET', '/v1/status')).status).toBe(200);
    });
  });
});

describe('the OpenAPI document', () => {
  it('is valid, is the one in docs, is served, and has every command', async () => {
    const document = JSON.parse(JSON.stringify(openApiDocument()));
    const { valid, errors } = await new Validator().validate(document);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(JSON.parse(await readFile('docs/openapi.json', 'utf8'))).toEqual(document);
    await served(async ({ ask }) => {
      expect((await ask('GET', '/v1/openapi.json', { token: '' })).body).toEqual(document);
    });
    const operations = Object.values(
      document.paths as Record<string, Record<string, { operationId: string }>>,
    );
    const ids = operations.flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids.toSorted()).toEqual(
      controlCommands()
        .map(({ name }) => name as string)
        .toSorted(),
    );
  });
});
