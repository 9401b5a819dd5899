// The servers in Node that run.mjs measures: server.mjs KIND STREAMS DIRECTORY READ_INTERVAL_MS. Prints one JSON line when it can be
// dialled and one when the last stream has ended.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PcmServer } from '../../dist/index.js';

const [kind, streamsText, directory, readIntervalMs] = process.argv.slice(2);
const streams = Number(streamsText);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Resident bytes, after what is garbage has gone. */
function resident() {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Records with leases; also what a lease costs in memory. */
async function recordWithLeases() {
  const before = resident();
  const interval = Number(readIntervalMs);
  const server = new PcmServer({ maxLeases: streams, ...(interval && { readIntervalMs: interval }) });
  const leases = [];
  for (let call = 0; call < streams; call++) {
    leases.push(await server.lease({ object: `CALL ${call}`, stream: 'output', direction: 'receive' }));
  }
  const idle = resident();
  const start = cpuSeconds();
  leases.forEach((lease, call) => {
    lease.addSink({ kind: 'file', path: join(directory, `${call}.raw`), overwrite: true });
  });
  let recording = before;
  const sampling = setInterval(() => {
    recording = Math.max(recording, process.memoryUsage.rss());
  }, 500);
  say({ ports: leases.map(({ port }) => port) });
  await Promise.all(leases.map(({ closed }) => closed));
  clearInterval(sampling);
  const { totals, wheelLatenessP99Ms } = await server.snapshot();
  say({
    bytes: totals.delivered * 2,
    cpu: cpuSeconds() - start,
    whole: cpuSeconds(),
    idleKb: (idle - before) / 1024 / streams,
    recordedKb: (recording - before) / 1024 / streams,
    wheelLatenessP99Ms,
  });
}

/** The idiomatic way: each socket is piped to its file. */
function recordWithPipe() {
  let seen = 0;
  let open = 0;
  let bytes = 0;
  const start = cpuSeconds();
  const server = createServer((socket) => {
    open++;
    socket.pipe(createWriteStream(join(directory, `${seen++}.raw`))).on('finish', () => {
      bytes += socket.bytesRead;
      if (--open > 0) return;
      server.close();
      say({ bytes, cpu: cpuSeconds() - start, whole: cpuSeconds() });
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 65_535 }, () =>
    say({ ports: [server.address().port] }),
  );
}

/** Echoes on immediate leases: what is heard is played, each sender paced by its own stream. */
async function echoWithLeases() {
  const server = new PcmServer({ maxLeases: streams });
  const leases = [];
  for (let call = 0; call < streams; call++) {
    const lease = await server.lease({
      object: `CALL ${call}`,
      stream: 'output',
      direction: 'both',
      timeline: 'received',
    });
    lease.addSink({
      synchronous: true,
      write: (samples) => void lease.player.play(samples.slice()),
      end: () => {},
    });
    leases.push(lease);
  }
  say({ ports: leases.map(({ port }) => port) });
  await Promise.all(leases.map(({ closed }) => closed));
  say({ cpu: cpuSeconds() });
}

const KINDS = {
  'lease-record': recordWithLeases,
  'pipe-record': recordWithPipe,
  'lease-echo': echoWithLeases,
};
await KINDS[kind]();
