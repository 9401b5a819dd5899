// The servers in Node that run.mjs measures: server.mjs KIND STREAMS DIRECTORY READ_INTERVAL_MS. Prints one JSON line when it can be
// dialled and one when the last stream has ended.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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

const WARM_UP_STREAMS = 50;

/** Packets of each, one each 20 ms. */
const WARM_UP_PACKETS = 100;

/**
 * Streams that this process sends itself before anything is measured: a server that runs for weeks has been compiled.
 * `portOf` gives the port of each.
 */
async function warmUp(portOf) {
  const frame = Buffer.alloc(640);
  const send = async (call) => {
    const socket = connect({ port: await portOf(call), host: '127.0.0.1' });
    await once(socket, 'connect');
    for (let packet = 0; packet < WARM_UP_PACKETS; packet++) {
      socket.write(frame);
      await setTimeout(20);
    }
    socket.end().resume();
    await once(socket, 'close');
  };
  await Promise.all(Array.from({ length: WARM_UP_STREAMS }, (_, call) => send(call)));
}

/** Records with leases; also what a lease costs in memory. */
async function recordWithLeases() {
  const interval = Number(readIntervalMs);
  const server = new PcmServer({
    maxLeases: streams + WARM_UP_STREAMS,
    ...(interval && { readIntervalMs: interval }),
  });
  const file = (name) => ({ kind: 'file', path: join(directory, `${name}.raw`), overwrite: true });
  const before = resident();
  const leases = [];
  for (let call = 0; call < streams; call++) {
    leases.push(await server.lease({ object: `CALL ${call}`, stream: 'output', direction: 'receive' }));
  }
  const idle = resident();
  await warmUp(async (call) => {
    const lease = await server.lease({
      object: `WARM ${call}`,
      stream: 'output',
      direction: 'receive',
      readIntervalMs: 20,
    });
    lease.addSink(file(`warm-${call}`));
    return lease.port;
  });
  const warm = (await server.snapshot()).totals.delivered;
  const start = cpuSeconds();
  leases.forEach((lease, call) => {
    lease.addSink(file(call));
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
    bytes: (totals.delivered - warm) * 2,
    cpu: cpuSeconds() - start,
    whole: cpuSeconds(),
    idleKb: (idle - before) / 1024 / streams,
    recordedKb: (recording - before) / 1024 / streams,
    wheelLatenessP99Ms,
  });
}

/** The idiomatic way: each socket is piped to its file. */
async function recordWithPipe() {
  let seen = 0;
  let open = 0;
  let bytes = 0;
  let onLast = () => {};
  const server = createServer((socket) => {
    open++;
    socket.pipe(createWriteStream(join(directory, `${seen++}.raw`))).on('finish', () => {
      bytes += socket.bytesRead;
      if (--open === 0) onLast();
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 65_535 });
  await once(server, 'listening');
  const { port } = server.address();
  const warm = new Promise((resolve) => {
    onLast = resolve;
  });
  await warmUp(() => port);
  await warm;
  bytes = 0;
  const start = cpuSeconds();
  onLast = () => {
    server.close();
    say({ bytes, cpu: cpuSeconds() - start, whole: cpuSeconds() });
  };
  say({ ports: [port] });
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
