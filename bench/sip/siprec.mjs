// Calls that recording clients send (SIPREC), recorded in stereo WAV with ledger, hashes and sidecar; and the same streams
// recorded by rtpengine (Debian: rtpengine-daemon), which relays them and writes their packets to pcap files.
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WavReader } from '../../dist/index.js';
import { SiprecServer } from '../../dist/line.js';
import { Recorder, recordSiprec, verifyRecording } from '../../dist/recording.js';
import { startPeers } from './peers.mjs';

/** Recordings that are read back and verified; the ledger is checked for all. */
const VERIFIED = 20;
/** Samples of a recording for each packet: 20 ms at 16 kHz. */
const PACKET_SAMPLES = 320;
/** Legs may be apart by the packet that is loud, in ms. */
const MAX_SKEW_MS = 20;
/** Bytes of a packet in a pcap file: its header there, of IP, of UDP, and the packet. */
const PCAP_BYTES = 16 + 20 + 8 + 172;
const PCAP_HEADER_BYTES = 24;
/** `getconf CLK_TCK` of all machines today. */
const TICKS = 100;
const RTPENGINE = ['rtpengine', '/usr/sbin/rtpengine'].find((each) => !spawnSync(each, ['--version']).error);

/** Measures each count of calls. Returns false where a sample is missing. */
export async function siprec(counts, seconds, threads) {
  process.stdout.write(
    `\nRecording by SIPREC, PCMA, both legs, ${threads} threads that receive, ${seconds} s each; beside it rtpengine, which relays and writes pcap\n\n` +
      '| calls | cores used | RSS, MB | lost samples | skew, ms | sender late, ms | cores of rtpengine | its lost packets | sender late, ms |\n' +
      '|---|---|---|---|---|---|---|---|---|\n',
  );
  let isWhole = true;
  for (const calls of counts) {
    const own = await recorded(calls, seconds, threads);
    const theirs = RTPENGINE ? await relayed(calls, seconds) : undefined;
    const figures = [calls, own.cores.toFixed(2), own.rss, own.lost, own.skewMs.toFixed(1), own.lateMs];
    const beside = theirs ? [theirs.cores.toFixed(2), theirs.lost, theirs.lateMs] : ['not installed', '', ''];
    process.stdout.write(`| ${[...figures, ...beside].join(' | ')} |\n`);
    isWhole &&= own.lost === 0 && own.skewMs <= MAX_SKEW_MS;
  }
  return isWhole;
}

async function recorded(calls, seconds, threads) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-siprec-'));
  const recorder = await Recorder.open({ folder: join(folder, 'recordings'), policy: 'on-demand' });
  const published = [];
  const failures = [];
  recorder.on('published', (segment) => published.push(segment));
  recorder.on('failed', (error) => failures.push(error));
  const server = await SiprecServer.open({
    ports: { udp: { host: '127.0.0.1', port: 0 } },
    threads,
    onSession: (session) => recordSiprec(session, recorder),
  });
  const peers = await startPeers(folder);
  await peers.call('siprec', server.addresses[0].port, calls);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await delay(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const cores = (user + system) / 1000 / (performance.now() - startedAt);
  const rss = Math.round(process.memoryUsage().rss / 1e6);
  const { packets, lateMs } = await peers.silence();
  // What was sent last is still read.
  await delay(500);
  await peers.hangUp();
  while (published.length < calls && failures.length === 0) await delay(50);
  if (failures.length > 0) throw failures[0];
  const judged = await judge(published, packets * PACKET_SAMPLES);
  await peers.close();
  await server.close();
  await recorder.close();
  await rm(folder, { recursive: true });
  return { cores, rss, lateMs, ...judged };
}

async function judge(results, sent) {
  let lost = sent;
  for (const { sidecar } of results) {
    for (const { ledger, late } of [sidecar.legs.local, sidecar.legs.remote]) {
      const never = ledger.spans.filter(({ from, kind }) => from === 0 && kind === 'missing');
      lost += ledger.missing + late - never.reduce((sum, { samples }) => sum + samples, 0) - ledger.received;
    }
  }
  let skewMs = 0;
  for (const { file } of results.filter((_, i) => i % Math.ceil(results.length / VERIFIED) === 0)) {
    if (!(await verifyRecording(file)).ok) throw new Error(`${file} does not verify`);
    skewMs = Math.max(skewMs, await skewOf(file));
  }
  return { lost, skewMs };
}

/** How far apart the last loud packets of the legs are, in ms. */
async function skewOf(file) {
  const reader = await WavReader.open(file);
  try {
    const at = [0, 0];
    const start = Math.max(0, reader.sampleCount - 24_000);
    let position = start;
    const loud = [-1, -1];
    for await (const samples of reader.samples({ start, end: reader.sampleCount })) {
      for (let i = 0; i + 1 < samples.length; i += 2, position++) {
        for (const leg of [0, 1]) {
          if (Math.abs(samples[i + leg]) < 8000) continue;
          if (loud[leg] < 0 || position - at[leg] > 8000) loud[leg] = position;
          at[leg] = position;
        }
      }
    }
    if (loud.includes(-1)) throw new Error(`${file} has no loud packet in its last 1.5 s`);
    const apart = Math.abs(loud[0] - loud[1]) % 16_000;
    return Math.min(apart, 16_000 - apart) / 16;
  } finally {
    await reader.close();
  }
}

async function relayed(calls, seconds) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-rtpengine-'));
  await mkdir(join(folder, 'recordings'));
  const port = await freePort();
  const child = spawn(
    RTPENGINE,
    [
      ...['--table=-1', '--foreground', '--log-stderr', '--log-level=3', '--interface=127.0.0.1'],
      ...[`--listen-ng=127.0.0.1:${port}`, '--port-min=30000', '--port-max=39999'],
      ...[
        '--recording-method=pcap',
        `--recording-dir=${join(folder, 'recordings')}`,
        `--pidfile=${join(folder, 'pid')}`,
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const closed = once(child, 'close');
  let log = '';
  child.stderr.on('data', (bytes) => {
    log += bytes;
  });
  while (!(await stat(join(folder, 'pid')).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`rtpengine has ended:\n${log}`);
    await delay(50);
  }
  const peers = await startPeers(folder);
  await peers.relay(port, calls);
  const before = await ticksOf(child.pid);
  const startedAt = performance.now();
  await delay(seconds * 1000);
  const cores = (await ticksOf(child.pid)) - before;
  const elapsed = (performance.now() - startedAt) / 1000;
  const { packets, lateMs } = await peers.silence();
  await delay(500);
  await peers.hangUp();
  await peers.close();
  child.kill();
  await closed;
  let written = 0;
  for (const name of await readdir(join(folder, 'recordings', 'pcaps'))) {
    const { size } = await stat(join(folder, 'recordings', 'pcaps', name));
    written += (size - PCAP_HEADER_BYTES) / PCAP_BYTES;
  }
  await rm(folder, { recursive: true });
  return { cores: cores / TICKS / elapsed, lost: Math.round(packets - written), lateMs };
}

/** Processor time of a process and its threads. */
async function ticksOf(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function freePort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
