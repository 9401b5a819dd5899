// Calls of media servers and forks: cores, delay and memory. `npm run bench:media [-- --seconds 20 --calls 500 --forks 200]`.
// The peers are a process of their own; what is measured is this one.
import { fork as forkProcess } from 'node:child_process';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    calls: { type: 'string', default: '500' },
    forks: { type: 'string', default: '200' },
    peers: { type: 'string' },
    port: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const LOUD = 8000;

if (values.peers) await peers(values.peers, Number(values.port));
else {
  process.stdout.write(`${await callsOf('twilio', Number(values.calls))}\n`);
  process.stdout.write(`${await callsOf('audiosocket', Number(values.calls))}\n`);
  process.stdout.write(`${await forksOf(Number(values.forks))}\n`);
}

/** Calls that are echoed: the time from a loud frame's leaving to its coming back. */
async function callsOf(dialect, count) {
  const { Exchange } = await import('../dist/exchange.js');
  const { audioSocketLine, webSocketLine } = await import('../dist/line.js');
  const exchange = await Exchange.start();
  const failures = [];
  exchange.on('failure', (error) => failures.push(error));
  exchange.addRobot({
    identity: { handle: 'echo', fullName: 'Echo', network: 'P2P' },
    arrive: (attempt) => attempt.answer(echoLeg()),
  });
  const options = { target: 'echo', maxCalls: count };
  const line = dialect === 'twilio' ? webSocketLine({ dialect, ...options }) : audioSocketLine(options);
  await exchange.addLine(line);
  const figures = await withPeers(dialect, line.port, count);
  await exchange.close();
  return `${count} calls of ${dialect}: ${figures}${failures.length > 0 ? `, ${failures.length} failures` : ''}`;
}

function echoLeg() {
  const kept = new Int16Array(320);
  const leg = {
    identity: { handle: 'echo', fullName: 'Echo', network: 'P2P' },
    place: () => undefined,
    connected: () => undefined,
    ended: () => undefined,
    speak: (frame) => frame.set(kept),
    hear: (frame) => kept.set(frame),
    leave: async () => undefined,
  };
  leg.voice = leg;
  return leg;
}

/** Forks of two legs each at 16 kHz, and one more whose receiver never reads. */
async function forksOf(count) {
  const { fork, systemClock } = await import('../dist/line.js');
  const { FedStream } = await import('../build/stream/fed-stream.js');
  const peer = await peersAt('forks', 0, 0);
  const { port } = peer;
  const streams = Array.from({ length: 2 * count + 1 }, () => new FedStream(systemClock));
  const forks = streams.map((stream, at) =>
    fork(stream, `ws://127.0.0.1:${port}/${at === 2 * count ? 'stalled' : ''}`, { maxBufferedMs: 1000 }),
  );
  await Promise.all(forks.map((each) => new Promise((resolve) => each.once('connected', resolve))));
  const before = process.cpuUsage();
  const begun = Date.now();
  let frames = 0;
  const frame = new Int16Array(320);
  while (Date.now() - begun < SECONDS * 1000) {
    while (frames * 20 < Date.now() - begun) {
      frame.fill(0);
      frame[0] = Date.now() % 30_000;
      for (const stream of streams) stream.write(frame, frames * 320);
      frames++;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const cpu = process.cpuUsage(before);
  const dropped = forks.slice(0, -1).reduce((sum, each) => sum + each.stats.dropped, 0);
  const stalled = forks.at(-1).stats.dropped;
  const delays = await peer.ask();
  await Promise.all(forks.map((each) => each.close()));
  peer.kill();
  const told = `${dropped} samples dropped; the one that does not read lost ${stalled}`;
  return `${count} forks of both legs: ${figuresOf(cpu, Date.now() - begun, delays)}, ${told}`;
}

async function withPeers(kind, port, count) {
  const peer = await peersAt(kind, port, count);
  const before = process.cpuUsage();
  const begun = Date.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const cpu = process.cpuUsage(before);
  const elapsed = Date.now() - begun;
  const delays = await peer.ask();
  peer.kill();
  return figuresOf(cpu, elapsed, delays);
}

function figuresOf({ user, system }, elapsedMs, delays) {
  delays.sort((a, b) => a - b);
  const at = (share) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN;
  const cores = (user + system) / 1000 / elapsedMs;
  const memory = process.memoryUsage().rss / 1e6;
  return `${cores.toFixed(2)} cores, delay p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${delays.length} measured), ${memory.toFixed(0)} MB`;
}

/** Starts the process of the peers; resolves when they are connected, or listen. */
async function peersAt(kind, port, count) {
  const args = ['--peers', kind, '--port', String(port), '--calls', String(count)];
  const child = forkProcess(new URL(import.meta.url), args);
  const told = () => new Promise((resolve) => child.once('message', resolve));
  const ready = await told();
  return {
    port: ready.port,
    kill: () => child.kill(),
    async ask() {
      const answer = told();
      child.send('delays');
      return (await answer).delays;
    },
  };
}

async function peers(kind, port) {
  const delays = [];
  process.on('message', () => process.send({ delays: delays.splice(0) }));
  process.on('disconnect', () => process.exit());
  if (kind === 'forks') return process.send({ port: await receivers(delays) });
  const count = Number(values.calls);
  const callers = await Promise.all(
    Array.from({ length: count }, (_, at) => (kind === 'twilio' ? twilio(port, at) : asterisk(port, at))),
  );
  process.send({ ready: true });
  const begun = Date.now();
  let frames = 0;
  setInterval(() => {
    for (; frames * 20 < Date.now() - begun; frames++) {
      for (const [at, caller] of callers.entries()) caller((frames + at) % 50 === 0, delays);
    }
  }, 5);
}

/** One call as Twilio makes it; the function sends a frame. */
async function twilio(port, at) {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once('open', resolve));
  const streamSid = `MZ${at}`;
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
  socket.send(JSON.stringify({ event: 'start', streamSid, start: { streamSid, mediaFormat } }));
  const frame = (byte) =>
    JSON.stringify({
      event: 'media',
      streamSid,
      media: { track: 'inbound', payload: Buffer.alloc(160, byte).toString('base64') },
    });
  const [quiet, loud] = [frame(0xff), frame(0x80)];
  let sentAt = 0;
  let heard = () => undefined;
  socket.on('message', (data) => {
    const { event, media } = JSON.parse(data);
    // The first byte of a loud code: above 0x80 or below, far from silence.
    if (event === 'media' && sentAt > 0 && (Buffer.from(media.payload, 'base64')[80] & 0x7f) < 0x40) heard();
  });
  return (isLoud, delays) => {
    if (isLoud) {
      sentAt = Date.now();
      heard = () => {
        delays.push(Date.now() - sentAt);
        sentAt = 0;
      };
    }
    socket.send(isLoud ? loud : quiet);
  };
}

/** One call as Asterisk makes it. */
async function asterisk(port, at) {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await new Promise((resolve) => socket.once('connect', resolve));
  const id = Buffer.alloc(16);
  id.writeUInt32BE(at, 12);
  socket.write(Buffer.concat([Buffer.from([1, 0, 16]), id]));
  const frame = (level) => {
    const bytes = Buffer.alloc(323);
    bytes.set([0x10, 1, 64]);
    for (let i = 3; i < 323; i += 2) bytes.writeInt16LE(level, i);
    return bytes;
  };
  const [quiet, loud] = [frame(0), frame(LOUD)];
  let sentAt = 0;
  let heard = () => undefined;
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (; pending.length >= 323; pending = pending.subarray(323)) {
      if (sentAt > 0 && Math.abs(pending.readInt16LE(163)) > LOUD / 2) heard();
    }
  });
  return (isLoud, delays) => {
    if (isLoud) {
      sentAt = Date.now();
      heard = () => {
        delays.push(Date.now() - sentAt);
        sentAt = 0;
      };
    }
    socket.write(isLoud ? loud : quiet);
  };
}

/** Receivers of forks: the first sample of each frame is the time at which it was made. */
async function receivers(delays) {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', (socket, { url }) => {
    if (url === '/stalled') return socket.pause();
    let frames = 0;
    socket.on('message', (data, isBinary) => {
      if (isBinary && frames++ % 50 === 0) delays.push((Date.now() - data.readInt16LE(0) + 30_000) % 30_000);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return server.address().port;
}
