/**
 * A simulated day of calls on one exchange: heap, buffers and descriptors at each hour. Fails when they grow.
 * node --expose-gc bench/exchange-day.mjs [calls=4000] [hours=24]
 */
import { readdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RobotDestination } from '../dist/exchange.js';
import { Exchange, toneSamples, VirtualClock, WavWriter } from '../dist/index.js';

const [calls = 4000, hours = 24] = process.argv.slice(2).map(Number);
const USERS = 20;
const HOUR_MS = 3_600_000;
const HISTORY = 20;
/** The first hours fill the histories and warm the code up. */
const WARM_UP = Math.ceil(hours / 4);
/** What the last hours may have more than the first after the warm-up. */
const TOLERANCE = 1.05;

const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
const files = join(folder, 'files');
await mkdir(files);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const wav = await WavWriter.create(join(files, 'speech.wav'));
await wav.write(toneSamples({ frequency: 440, durationMs: 3000 }));
await wav.close();

const clock = new VirtualClock(Date.UTC(2026, 0, 1));
const users = Array.from({ length: USERS }, (_, index) => ({
  handle: `user${index}`,
  greeting: join(files, 'speech.wav'),
  callWaiting: index % 2 === 0,
}));
const exchange = await Exchange.start({
  clock,
  users,
  gateway: { lineTo: phone },
  historyLimit: HISTORY,
  stateFolder: join(folder, 'state'),
  fileRoots: [files],
  patienceMs: 2000,
});
exchange.on('failure', (error) => {
  throw error;
});
const ports = await pcmServer();
const clients = users.map(({ handle }) => new Client(handle));
/** What a call does, one after the other: most talk, some with redirected voice, some come to nothing. */
const KINDS = [
  talk,
  talk,
  talkOnPorts,
  talk,
  missed,
  talk,
  talkInFiles,
  refused,
  talk,
  callPhone,
  talk,
  conference,
];
KINDS.push(talk, leaveVoicemail, talk, transfer, talk, talkOnPorts, cancelled, callEcho);

const startedAt = performance.now();
const rows = [];
const made = { calls: 0, failed: 0 };
for (let hour = 0; hour < hours; hour++) {
  const end = (hour + 1) * HOUR_MS;
  const perHour = Math.round((calls * (hour + 1)) / hours) - Math.round((calls * hour) / hours);
  for (let n = 0; n < perHour; n++) {
    await KINDS[made.calls % KINDS.length](made.calls);
    made.calls++;
    const left = perHour - n - 1;
    await clock.advance(Math.max(0, (end - clock.now()) / (left + 1)));
  }
  await clock.advance(Math.max(0, end - clock.now()));
  rows.push(await measured(hour + 1));
  print(rows.at(-1));
}
const seconds = (performance.now() - startedAt) / 1000;
const first = rows.slice(WARM_UP, 2 * WARM_UP);
const last = rows.slice(-WARM_UP);
const grown = ['heapKb', 'buffersKb', 'descriptors', 'goingOn'].filter(
  (figure) => highest(last, figure) > highest(first, figure) * TOLERANCE + 1,
);
process.stdout.write(
  `${made.calls} calls in ${hours} simulated hours took ${seconds.toFixed(0)} s. ` +
    `${grown.length === 0 ? 'Nothing grows.' : `GROWS: ${grown.join(', ')}.`}\n`,
);
process.exitCode = grown.length === 0 && made.failed === 0 ? 0 : 1;
const closing = exchange.close();
await clock.advance(10_000);
await closing;
ports.close();

function highest(some, figure) {
  return Math.max(...some.map((row) => row[figure]));
}

async function measured(hour) {
  // What is only waiting to be collected, or for a peer to close, is no growth.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    hour,
    calls: made.calls,
    heapKb: Math.round(heapUsed / 1024),
    buffersKb: Math.round(external / 1024),
    rssMb: Math.round(rss / 2 ** 20),
    descriptors: readdirSync('/proc/self/fd').length,
    goingOn: exchange.calls.length,
  };
}

function print(row) {
  if (row.hour === 1)
    process.stdout.write(
      `${Object.keys(row)
        .map((key) => key.padStart(12))
        .join('')}\n`,
    );
  process.stdout.write(
    `${Object.values(row)
      .map((value) => String(value).padStart(12))
      .join('')}\n`,
  );
}

/** A client that keeps what it has to know and no more. */
function Client(handle) {
  const session = exchange.endpoint(handle).connect({
    deliver: (line) => {
      const match = /^(?:CALL|VOICEMAIL) (\d+) STATUS (\w+)/.exec(line);
      if (match) this[line.startsWith('CALL') ? 'call' : 'voicemail'] = { id: match[1], status: match[2] };
      if (line.startsWith('ERROR')) made.failed++;
      if (line.startsWith('ERROR')) process.stderr.write(`${handle}: ${line}\n`);
      if (line.startsWith('ALTER')) this.altered++;
    },
    closed() {},
  });
  this.handle = handle;
  this.altered = 0;
  this.send = (line) => session.receive(line);
  this.alter = (what) => this.send(`ALTER CALL ${this.call.id} ${what}`);
  this.send('NAME day');
  this.send('PROTOCOL 8');
}

/** Three different users for the nth call. */
function some(n) {
  return [n, n + 7, n + 13].map((index) => clients[index % USERS]);
}

async function connected(n) {
  const [a, b, c] = some(n);
  a.send(`CALL ${b.handle}`);
  await clock.advance(600);
  b.alter('ANSWER');
  await clock.advance(20);
  return [a, b, c];
}

async function talk(n) {
  const [a, b] = await connected(n);
  await clock.advance(2000 + (n % 10) * 1000);
  if (n % 3 === 0) {
    b.alter('HOLD');
    await clock.advance(1000);
    b.alter('RESUME');
    a.alter('DTMF 5');
  }
  a.alter('HANGUP');
}

async function redirected(client, what) {
  const before = client.altered;
  client.alter(what);
  while (client.altered === before) {
    await clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function talkOnPorts(n) {
  const [a, b] = await connected(n);
  for (const client of [a, b]) {
    await redirected(client, `SET_INPUT PORT="${ports.port}"`);
    await redirected(client, `SET_OUTPUT PORT="${ports.port}"`);
  }
  await clock.advance(5000);
  b.alter('HANGUP');
  await rest();
}

async function talkInFiles(n) {
  const [a, b] = await connected(n);
  await redirected(a, 'SET_INPUT FILE="speech.wav"');
  await redirected(b, `SET_OUTPUT FILE="heard${n % 5}.wav"`);
  await redirected(b, `SET_CAPTURE_MIC FILE="mic${n % 5}.wav"`);
  await clock.advance(4000);
  a.alter('HANGUP');
  await rest();
}

async function missed(n) {
  const [a, b] = some(n);
  a.send(`CALL ${b.handle}`);
  await clock.advance(61_000);
}

async function cancelled(n) {
  const [a, b] = some(n);
  a.send(`CALL ${b.handle}`);
  await clock.advance(3000);
  a.alter('HANGUP');
}

async function refused(n) {
  const [a, b] = some(n);
  a.send(`CALL ${b.handle}`);
  await clock.advance(600);
  b.alter('END HANGUP');
}

async function callPhone(n) {
  const [a] = some(n);
  a.send(`CALL +37255${1000 + (n % 3)}`);
  await clock.advance(30_000);
}

async function callEcho(n) {
  const [a] = some(n);
  a.send('CALL echo123');
  await clock.advance(8000);
  a.alter('HANGUP');
}

async function conference(n) {
  const [a, b, c] = some(n);
  a.send(`CALL ${b.handle}, ${c.handle}`);
  await clock.advance(600);
  const first = a.call.id;
  for (const client of [b, c]) client.alter('ANSWER');
  await clock.advance(3000);
  a.send(`ALTER CALL ${first} HANGUP`);
  if (a.call.status !== 'FINISHED') a.alter('HANGUP');
  for (const client of [b, c]) if (client.call.status === 'INPROGRESS') client.alter('HANGUP');
}

async function transfer(n) {
  const [a, b, c] = await connected(n);
  b.alter(`TRANSFER ${c.handle}`);
  await clock.advance(1000);
  c.alter('ANSWER');
  await clock.advance(2000);
  a.alter('HANGUP');
}

async function leaveVoicemail(n) {
  const [a, b] = some(n);
  a.send(`CALLVOICEMAIL ${b.handle}`);
  for (let step = 0; step < 1000 && a.voicemail?.status !== 'RECORDING'; step++) {
    await clock.advance(20);
    await rest();
  }
  await clock.advance(2000);
  a.alter('HANGUP');
  for (let step = 0; step < 200 && b.voicemail?.status !== 'UNPLAYED'; step++) {
    await clock.advance(20);
    await rest();
  }
  // Both clear their histories as they go: what is kept is what was asked for.
  for (const client of [a, b]) client.send('CLEAR VOICEMAILHISTORY');
  for (const client of [a, b]) client.voicemail = undefined;
  await rest();
}

/** Lets the disk and the sockets come to rest. */
async function rest() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function phone(number) {
  const outcomes = ['answer', { kind: 'busy' }, { kind: 'refused' }];
  const identity = { handle: number, fullName: number, network: 'PSTN' };
  const steps = [{ say: toneSamples({ frequency: 500, durationMs: 1000 }) }];
  const behaviour = { ringMs: 2000, outcome: outcomes[Number(number.at(-1))], steps, stay: false };
  return new RobotDestination(identity, behaviour, clock);
}

/** Sends ten seconds of silence, more than any call takes, and reads what comes. */
async function pcmServer() {
  const silence = Buffer.alloc(10 * 32_000);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.write(silence);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, close: () => server.close() };
}
