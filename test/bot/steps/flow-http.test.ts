import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { checkUrl, type FlowHttpOptions, flowRequest } from '../../../src/bot/steps/flow-http.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (
  url: string,
  options: Partial<FlowHttpOptions> & { hosts: string[] },
  timeoutMs = 5000,
  json?: object,
) =>
  flowRequest(
    { url, method: json ? 'POST' : 'GET', json, timeoutMs, signal: new AbortController().signal },
    { privateAddresses: true, ...options },
  );

describe('a request of a flow', () => {
  it('goes to listed hosts only', () => {
    const hosts = ['api.bank.example', '*.shop.example', '10.0.0.1:8080'];
    for (const good of [
      'https://api.bank.example/a?b',
      'http://api.bank.example:80/',
      'https://x.shop.example/',
      'http://10.0.0.1:8080/',
    ])
      expect(checkUrl(good, { hosts }).href).toBeTruthy();
    for (const bad of [
      'https://bank.example/',
      'https://shop.example/',
      'https://evilshop.example/',
      'https://api.bank.example:8443/',
      'https://api.bank.example@evil.example/',
      'https://user:pass@api.bank.example/',
      'file:///etc/passwd',
      'http://10.0.0.1/',
      'nonsense',
    ])
      expect(() => checkUrl(bad, { hosts }), bad).toThrow();
  });

  it('goes to no private address unless that is allowed, however it is written', async () => {
    let asked = 0;
    const host = await serve((_, answer) => answer.end(String(++asked)));
    const port = host.split(':')[1];
    for (const name of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]']) {
      const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::ffff:7f00:1]:${port}`];
      const refused = ask(`http://${name}:${port}/`, { hosts, privateAddresses: false });
      await expect(refused).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
    }
    expect(asked).toBe(0);
    expect(await ask(`http://${host}/`, { hosts: [host] })).toMatchObject({ status: 200, body: '1' });
  });

  it('follows a redirect to a listed host, and to no other; its key stays with its host', async () => {
    const keys: (string | undefined)[] = [];
    const end = await serve((request, answer) => {
      keys.push(request.headers.authorization);
      answer.end('there');
    });
    const first = await serve((request, answer) => {
      keys.push(request.headers.authorization);
      answer.writeHead(302, { location: `http://${end}/x` }).end();
    });
    const headers = { [first]: { authorization: 'key' } };
    expect(await ask(`http://${first}/`, { hosts: [first, end], headers }, 5000, { a: 1 })).toMatchObject({
      body: 'there',
    });
    expect(keys).toEqual(['key', undefined]);
    await expect(ask(`http://${first}/`, { hosts: [first] })).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
    });
    const round: string = await serve((_, answer) => answer.writeHead(307, { location: '/again' }).end());
    await expect(ask(`http://${round}/`, { hosts: [round] })).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });

  it('ends when its time is up, or the answer is too long', async () => {
    const silent = await serve(() => undefined);
    await expect(ask(`http://${silent}/`, { hosts: [silent] }, 100)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    const drip = await serve((_, answer) => {
      answer.write('x');
    });
    await expect(ask(`http://${drip}/`, { hosts: [drip] }, 100)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    const long = await serve((_, answer) => answer.end('x'.repeat(2000)));
    await expect(ask(`http://${long}/`, { hosts: [long], maxBytes: 1000 })).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
    expect(await ask(`http://${long}/`, { hosts: [long], maxBytes: 2000 })).toMatchObject({ status: 200 });
  });

  it('fails when no server is listening', async () => {
    await expect(ask('http://127.0.0.1:1/', { hosts: ['127.0.0.1:1'] })).rejects.toMatchObject({
      code: 'ERR_PEER',
    });
  });
});

describe('a flow that asks', () => {
  const flow = (host: string) => `
name: x
steps:
  key: { do: gather, ask: { tone: 440, ms: 200 }, save: account, next: ask }
  ask:
    do: http
    url: http://${host}/accounts/{account}/balance
    method: POST
    json: { who: "{caller}", now: true }
    save: { balance: account.balance, first: entries.0 }
    statuses: { "404": unknown }
    next: say
    otherwise: failed
  say: { do: say, what: { text: "{balance} {first}" } }
  unknown: { do: hangup, say: { text: unknown } }
  failed: { do: hangup, say: { text: failed } }
`;
  const played = async (host: string, key = '7') => {
    const http = { hosts: [host], privateAddresses: true };
    const { transcript } = await testBot(
      flowBot(await parseFlow(flow(host), { http }), { http }),
      async (caller) => {
        await caller.presses(key);
        await caller.hasStatus('FINISHED', { withinMs: 60_000 });
      },
      { exchange: Exchange },
    );
    return transcript.filter(({ what }) => what.startsWith('says')).map(({ what }) => what);
  };

  it('saves the answer, or goes to the step for its status or for failures', async () => {
    const asked: unknown[] = [];
    let [status, answer] = [200, JSON.stringify({ account: { balance: 12.5 }, entries: ['rent'] })];
    const host = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        asked.push([request.url, JSON.parse(body)]);
        response.writeHead(status).end(answer);
      });
    });
    expect(await played(host)).toEqual(['says “12.5 rent”']);
    expect(asked).toEqual([['/accounts/7/balance', { who: 'caller', now: true }]]);
    status = 404;
    expect(await played(host)).toEqual(['says “unknown”']);
    [status, answer] = [500, 'no'];
    expect(await played(host)).toEqual(['says “failed”']);
    [status, answer] = [200, '{"account":{"constructor":1},"entries":[]}'];
    expect(await played(host)).toEqual(['says “failed”']);
  });

  it('is refused by the check, and as a bot, when the host is not listed', async () => {
    const text = flow('bank.example');
    await expect(parseFlow(text, { http: { hosts: ['other.example'] } })).rejects.toThrow(
      /steps.ask.url: The flow may not send requests to bank.example/,
    );
    const read = await parseFlow(text);
    expect(() => flowBot(read)).toThrow(
      /Step ask of flow: The flow may not send requests to bank.example: no host is listed/,
    );
  });
});
