// Calls of media servers and forks: cores, what is added to a frame's way, and memory. Needs gcc.
//
//   npm run bench:media [-- --seconds 10 --calls 500 --forks 200 --stalled 1 --threads 1 --warm 5 --only twilio,audiosocket,forks]
//
// The peers are a program in C beside this process, on the same machine (media-peer.c); what is measured is this process.
// One frame a second and call is loud. Its first sample is followed: `read`, from the peer's writing to its being an event
// of the session; `wait`, until a tick takes it; `echo`, 20 ms; `out`, from a tick to the peer's reading of the message,
// and its place in that. What is added is all that without the echo: the time from the moment at which a frame's last
// sample was said to that at which it could be heard, were there no network.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Peer } from './media-peer.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    calls: { type: 'string', default: '500' },
    forks: { type: 'string', default: '200' },
    stalled: { type: 'string', default: '1' },
    warm: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    only: { type: 'string', default: 'twilio,audiosocket,forks' },
  },
});
const SECONDS = Number(values.seconds);
const WARM = Number(values.warm);
const LOUD = 8000;
const ECHO_MS = 20;
const MS = 1e6;

const folder = await mkdtemp(join(tmpdir(), 'jackfield-media-'));
try {
  const binary = join(folder, 'media-peer');
  const source = fileURLToPath(new URL('./media-peer.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  for (const kind of values.only.split(',')) {
    const told = kind === 'forks' ? await forksOf(binary, Number(values.forks)) : await callsOf(binary, kind);
    process.stdout.write(`${told}\n`);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Calls that are echoed by a tick. */
async function callsOf(binary, dialect) {
  const { Exchange } = await import('../build/exchange.js');
  const { audioSocketLine, webSocketLine } = await import('../build/line.js');
  const { MediaLeg } = await import('../build/line/media/media-leg.js');
  const [count, stalled] = [Number(values.calls), Number(values.stalled)];
  const notes = { read: [], heard: [], spoke: [] };
  const take = MediaLeg.prototype.take;
  MediaLeg.prototype.take = function (event) {
    if (event.type === 'audio' && event.samples[80] > LOUD / 2)
      notes.read.push({ call: numberOf(this.identity), at: now() });
    take.call(this, event);
  };
  const exchange = await Exchange.start();
  let failures = [];
  exchange.on('failure', (error) => failures.push(error));
  exchange.addRobot({
    identity: { handle: 'echo', fullName: 'Echo', network: 'P2P' },
    arrive: (attempt) => attempt.answer(echoLeg(numberOf(attempt.origin.caller), notes)),
  });
  const listen = { thread: values.threads !== '0' };
  const options = { target: 'echo', maxCalls: count + stalled, listen };
  const line = dialect === 'twilio' ? webSocketLine({ dialect, ...options }) : audioSocketLine(options);
  await exchange.addLine(line);
  // A process that has had calls before: its code is compiled.
  await new Peer(binary, [dialect, line.port, 100, 2, 0, 1]).ended();
  while (line.activeCalls > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const list of Object.values(notes)) list.length = 0;
  failures = [];
  const peer = new Peer(binary, [dialect, line.port, count + stalled, SECONDS, stalled, WARM]);
  const used = await peer.measured();
  const failed = [...failures];
  const memory = process.memoryUsage().rss / 1e6;
  const got = await peer.ended();
  await exchange.close();
  MediaLeg.prototype.take = take;
  const perCall = ((used.cores * 1000) / count).toFixed(2);
  const told = stagesOf({ ...notes, sent: got.sent, got: got.got });
  return `${count} calls of ${dialect} beside ${stalled} that never read: ${used.cores.toFixed(2)} cores (${perCall} ms a call and second), ${memory.toFixed(0)} MB; ${threadsOf(used)}${failed.length > 0 ? `, ${failed.length} failures: ${failed[0].message}` : ''}
${told}
  ${got.peer}`;
}

/** Takes the loud frames apart: each stage of each, in milliseconds. */
function stagesOf(notes) {
  const stages = { read: [], wait: [], echo: [], out: [], added: [] };
  const queues = Object.fromEntries(Object.entries(notes).map(([name, list]) => [name, byCall(list)]));
  let lost = 0;
  for (const { call, at: sent } of notes.sent) {
    const after = (name, from) =>
      queues[name].get(call)?.find((note) => note.at >= from && note.at < from + 900 * MS);
    const read = after('read', sent);
    const heard = read && after('heard', read.at);
    const spoke = heard && after('spoke', heard.at);
    const got = spoke && after('got', spoke.at);
    if (!got) {
      lost++;
      continue;
    }
    // A sample's place in its frame or message is time as well.
    const place = (note, rate) => (note.offset * 1000) / rate;
    const heardMs = (heard.at - sent) / MS + place(heard, 16_000);
    const spokeMs = (spoke.at - sent) / MS + place(spoke, 16_000);
    const gotMs = (got.at - sent) / MS + place(got, 8000);
    stages.read.push((read.at - sent) / MS);
    stages.wait.push(heardMs - (read.at - sent) / MS);
    stages.echo.push(spokeMs - heardMs);
    stages.out.push(gotMs - spokeMs);
    stages.added.push(gotMs - ECHO_MS);
  }
  const lines = Object.entries(stages).map(([name, list]) => `  ${name.padEnd(6)} ${spreadOf(list)}`);
  return [`  ${stages.added.length} loud frames followed, ${lost} lost; in ms:`, ...lines].join('\n');
}

function threadsOf({ utilization, busiest }) {
  const shares = busiest.map((share) => share.toFixed(2)).join(', ');
  return `loop ${(utilization * 100).toFixed(0)} % busy, threads ${shares} cores`;
}

function byCall(notes) {
  const map = new Map();
  for (const note of notes) {
    if (!map.has(note.call)) map.set(note.call, []);
    map.get(note.call).push(note);
  }
  return map;
}

function spreadOf(list) {
  list.sort((a, b) => a - b);
  const at = (share) =>
    (list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}`;
}

function numberOf({ fullName }) {
  const hex = /[0-9a-f]{12}$/.exec(fullName)?.[0] ?? '';
  return fullName.startsWith('MZ') ? Number(fullName.slice(2)) : Number.parseInt(hex, 16);
}

function now() {
  return Number(process.hrtime.bigint());
}

function echoLeg(call, { heard, spoke }) {
  const kept = new Int16Array(320);
  let wasLoud = false;
  let onset = -1;
  const leg = {
    identity: { handle: 'echo', fullName: 'Echo', network: 'P2P' },
    place: () => undefined,
    connected: () => undefined,
    ended: () => undefined,
    speak(frame) {
      frame.set(kept);
      if (onset < 0) return;
      spoke.push({ call, at: now(), offset: onset });
      onset = -1;
    },
    hear(frame) {
      kept.set(frame);
      if ((frame[160] > LOUD / 2 || frame[319] > LOUD / 2) && !wasLoud) {
        onset = frame.findIndex((sample) => sample > LOUD / 2);
        heard.push({ call, at: now(), offset: onset });
      }
      wasLoud = frame[319] > LOUD / 2;
    },
    leave: async () => undefined,
  };
  leg.voice = leg;
  return leg;
}

/** Forks of two legs each at 16 kHz, and others whose receiver never reads. The first bytes of a frame are when it was due. */
async function forksOf(binary, count) {
  const { fork, systemClock } = await import('../build/line.js');
  const { FedStream } = await import('../build/stream/fed-stream.js');
  const stalled = Number(values.stalled);
  const total = 2 * count + stalled;
  const peer = new Peer(binary, ['forks', 0, total, SECONDS, 0, WARM]);
  const port = await peer.port;
  const streams = Array.from({ length: total }, () => new FedStream(systemClock));
  const forks = streams.map((stream, at) =>
    fork(stream, `ws://127.0.0.1:${port}/${at >= 2 * count ? 'stalled' : ''}`, { maxBufferedMs: 1000 }),
  );
  await Promise.all(forks.map((each) => new Promise((resolve) => each.once('connected', resolve))));
  const stop = feed(streams, peer.begun);
  const used = await peer.measured();
  const memory = process.memoryUsage().rss / 1e6;
  const got = await peer.ended();
  stop();
  const droppedOf = (some) => some.reduce((sum, each) => sum + each.stats.dropped, 0);
  const dropped = droppedOf(forks.slice(0, 2 * count));
  const lost = droppedOf(forks.slice(2 * count));
  await Promise.all(forks.map((each) => each.close()));
  const perCall = ((used.cores * 1000) / count).toFixed(2);
  return `${count} forks of both legs beside ${stalled} whose receiver never reads: ${used.cores.toFixed(2)} cores (${perCall} ms a fork and second), ${memory.toFixed(0)} MB; ${threadsOf(used)}; ${dropped} samples dropped, ${lost} of those that are not read
  ${got.late.length} frames followed; in ms:
  added  ${spreadOf(got.late.map((ns) => ns / MS))}
  ${got.peer}`;
}

/** Writes frames of 20 ms into each stream, spread over the 20 ms. They are followed once the measuring has begun. */
function feed(streams, begins) {
  const SLOTS = 20;
  const frame = new Int16Array(320);
  const dueAt = new BigInt64Array(frame.buffer, 0, 1);
  const begun = process.hrtime.bigint();
  let slot = 0;
  let isFollowed = false;
  begins.then(() => {
    isFollowed = true;
  });
  const timer = setInterval(() => {
    for (;;) {
      const due = begun + BigInt(slot) * 1_000_000n;
      if (due > process.hrtime.bigint()) return;
      dueAt[0] = isFollowed ? due : 0n;
      const tick = Math.floor(slot / SLOTS);
      for (let at = slot % SLOTS; at < streams.length; at += SLOTS) streams[at].write(frame, tick * 320);
      slot++;
    }
  }, 1);
  return () => clearInterval(timer);
}
