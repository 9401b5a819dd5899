// 1,000 long polls at once: 50 accounts with 20 endpoints each wait for events, each poll anew after its 30 seconds. The
// clients are in a process of their own; the processor time is that of the exchange. At the end each account gets a message:
// how long until all have heard of it.
// Usage: node bench/account-polls.mjs [polls] [seconds]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const ENDPOINTS = 20;

if (process.send) await clients();
else await main(Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 60));

async function main(polls, seconds) {
  const { Exchange } = await import('../dist/index.js');
  const accounts = Math.ceil(polls / ENDPOINTS);
  const users = Array.from({ length: accounts }, (_, index) => ({ handle: `user${index}` }));
  const tokens = Object.fromEntries(users.map(({ handle }) => [handle, `${handle}-0123456789abcdef`]));
  const exchange = await Exchange.start({ users: [...users, { handle: 'sender' }] });
  const port = await exchange.listenHttp({ tokens, perSecond: 10_000, connections: 2 * polls });
  const child = fork(fileURLToPath(import.meta.url));
  child.send({ port, tokens });
  await once(child, 'message');
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  const lines = { deliver: () => undefined, closed: () => undefined };
  const session = exchange.endpoint('sender').connect(lines);
  session.receive('NAME bench');
  session.receive('PROTOCOL 8');
  const heard = once(child, 'message');
  const start = performance.now();
  for (const { handle } of users) session.receive(`MESSAGE ${handle} hello`);
  await heard;
  const figures = {
    polls: accounts * ENDPOINTS,
    seconds,
    coreShare: Number(((user + system) / 1e6 / seconds).toFixed(3)),
    residentMb: Math.round(process.memoryUsage().rss / 1e6),
    msUntilAllHaveHeard: Math.round(performance.now() - start),
  };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  child.disconnect();
  await exchange.close();
}

async function clients() {
  const [{ port, tokens }] = await once(process, 'message');
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const post = (path, token, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'x-skypetoken': token, 'content-type': 'application/json' };
      const asking = request(
        { port, host: '127.0.0.1', method: 'POST', path, agent, headers },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve({ headers: response.headers, body: JSON.parse(text) }));
        },
      );
      asking.on('error', reject).end(JSON.stringify(body));
    });
  const interestedResources = ['/v1/users/ME/conversations/ALL/messages'];
  let waiting = 0;
  let hearing = 0;
  const endpoint = async (token) => {
    const { headers } = await post('/v1/users/ME/endpoints', token, {});
    const { pathname } = new URL(headers.location);
    const subscription = { interestedResources, channelType: 'HttpLongPoll' };
    await post(`${pathname}/subscriptions`, token, subscription);
    waiting++;
    for (;;) {
      const { body } = await post(`${pathname}/subscriptions/0/poll`, token, {});
      if (body.eventMessages?.some(({ resource }) => resource.content === 'hello')) break;
    }
    hearing++;
    if (hearing === waiting) process.send('heard');
  };
  const all = Object.values(tokens).flatMap((token) =>
    Array.from({ length: ENDPOINTS }, () => endpoint(token)),
  );
  while (waiting < all.length) await new Promise((resolve) => setTimeout(resolve, 50));
  process.send('waiting');
  await Promise.all(all);
  process.once('disconnect', () => process.exit(0));
}
