// The servers in Node that run.mjs measures: server.mjs KIND STREAMS DIRECTORY READ_INTERVAL_MS. Prints one JSON line
// when it can be dialled and one when the last stream has ended.

import { execFileSync } from 'node:child_process';
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

const WARM_UP_WAVES = 10;
const WARM_UP_STREAMS = 300;

/** Packets of each, one each 20 ms. */
const WARM_UP_PACKETS = 5;

/**
 * Streams that this process sends itself before anything is measured, wave after wave: a server that runs for weeks has
 * been compiled. What they wrote is brought to the disk. A bulk stream needs none: what it runs is compiled within its
 * first megabytes. `portOf` gives the port of each.
 */
async function warmUp(portOf) {
  if (streams === 1) return;
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
  for (let wave = 0; wave < WARM_UP_WAVES; wave++) {
    await Promise.all(Array.from({ length: WARM_UP_STREAMS }, (_, call) => send(call)));
  }
  execFileSync('sync');
}

function pcmServer() {
  const interval = Number(readIntervalMs);
  return new PcmServer({
    maxLeases: streams + WARM_UP_STREAMS,
    ...(interval && { readIntervalMs: interval }),
  });
}

async function openLeases(server) {
  const leases = [];
  for (let call = 0; call < streams; call++) {
    leases.push(await server.lease({ object: `CALL ${call}`, stream: 'output', direction: 'receive' }));
  }
  return leases;
}

function fileSink(name) {
  return { kind: 'file', path: join(directory, `${name}.raw`), overwrite: true };
}

/** Records each lease to its file until all have closed. */
async function recordAll(leases) {
  for (const [call, lease] of leases.entries()) lease.addSink(fileSink(call));
  say({ ports: leases.map(({ port }) => port) });
  await Promise.all(leases.map(({ closed }) => closed));
}

async function warmUpLeases(server) {
  await warmUp(async (call) => {
    const lease = await server.lease({ object: `CALL ${call}`, stream: 'output', direction: 'receive' });
    lease.addSink(fileSink(`warm-${call}`));
    return lease.port;
  });
}

/** Bytes that its files have taken. */
async function delivered(server) {
  return (await server.snapshot()).totals.delivered * 2;
}

/** Records with leases. */
async function recordWithLeases() {
  const server = pcmServer();
  await warmUpLeases(server);
  const leases = await openLeases(server);
  const before = await delivered(server);
  const start = cpuSeconds();
  await recordAll(leases);
  say({ bytes: (await delivered(server)) - before, cpu: cpuSeconds() - start, whole: cpuSeconds() });
}

/** Has V8 touch all that it sets aside for young objects: as much for few streams as for many. */
function touchYoungGeneration() {
  for (let kilobytes = 0; kilobytes < 64 * 1024; kilobytes++) new Array(128).fill(kilobytes);
}

/** What a lease costs in memory, and how late it is read, in a process that has done nothing else. */
async function measureLeases() {
  const server = pcmServer();
  touchYoungGeneration();
  const before = resident();
  const leases = await openLeases(server);
  const idle = resident();
  let recording = before;
  const sampling = setInterval(() => {
    recording = Math.max(recording, process.memoryUsage.rss());
  }, 500);
  await recordAll(leases);
  clearInterval(sampling);
  const kilobytes = (bytes) => bytes / 1024 / streams;
  say({
    bytes: await delivered(server),
    latenessP99Ms: (await server.snapshot()).wheelLatenessP99Ms,
    idleKb: kilobytes(idle - before),
    recordedKb: kilobytes(recording - before),
    processMb: recording / 1024 / 1024,
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
  await warmUp(() => port);
  if (open > 0) {
    await new Promise((resolve) => {
      onLast = resolve;
    });
  }
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
  'lease-memory': measureLeases,
  'pipe-record': recordWithPipe,
  'lease-echo': echoWithLeases,
};
await KINDS[kind]();
