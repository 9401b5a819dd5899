// What clients that mean no good cost an exchange: growth of its resident memory, each case in a process of its own.
// `npm run bench:hostile`; with a case's name, only that one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
const MEGABYTE = 'x'.repeat(1 << 20);
/** How long the exchange has for what was sent to it. */
const FLOOD_MS = 8000;
const CALLS_MS = 3000;

const CASES = {
  'no line end': { title: '1,000 clients with 1 MB each and no line end', flood: 1000 },
  'no token': {
    title: '500 clients with 1 MB each, without the token',
    flood: 500,
    token: 'a-token-of-many-characters',
  },
  calls: { title: '5,000 times CALL echo123, by one client', calls: 5000 },
};

/** Sends a megabyte on each of `count` connections, and stays. Runs in a process of its own: its memory is not meant. */
function flood(port, count) {
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1', () => socket.write(MEGABYTE));
    socket.on('error', () => socket.destroy());
    socket.resume();
  }
}

/** Prints by how many bytes the exchange has grown. */
async function measure({ flood: count, calls = 0, token }) {
  const { Exchange } = await import('../dist/index.js');
  const exchange = await Exchange.start({ users: [{ handle: 'alice' }] });
  exchange.on('failure', () => undefined);
  const port = await exchange.listen(token === undefined ? {} : { token });
  const before = process.memoryUsage().rss;
  if (count !== undefined) {
    const flooding = fork(SELF, ['flood', String(port), String(count)]);
    const exited = once(flooding, 'exit');
    await new Promise((resolve) => setTimeout(resolve, FLOOD_MS));
    flooding.kill('SIGKILL');
    await exited;
  } else {
    const client = exchange.endpoint().connect({ deliver: () => undefined, closed: () => undefined });
    for (let i = 0; i < calls; i++) client.receive('CALL echo123');
    await new Promise((resolve) => setTimeout(resolve, CALLS_MS));
  }
  process.stdout.write(`${process.memoryUsage().rss - before}\n`);
  process.exit();
}

const [what, ...more] = process.argv.slice(2);
if (what === 'flood') flood(Number(more[0]), Number(more[1]));
else if (what === 'measure') await measure(CASES[more[0]]);
else {
  for (const [name, { title }] of Object.entries(CASES)) {
    if (what !== undefined && what !== name) continue;
    const measuring = fork(SELF, ['measure', name], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const [grown] = await once(measuring.stdout, 'data');
    process.stdout.write(`${title}: ${(Number(grown) / 1e6).toFixed(0)} MB\n`);
    await once(measuring, 'exit');
  }
}
