// How many live calls a core records: each in stereo, with ledger, hashes and sidecar, over real TCP from another
// process. Fails when a sample is missing or changed, or the legs of a call are apart. Needs gcc.
//
//   npm run bench:record -- [calls,calls,...] [seconds] [--no-drift]
//
// Drift correction is on, as it is by default; the streams do not drift, so that whatever it takes out or puts in (in calls
// of more than 50 seconds) is counted against it.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { attach, MemoryTransport, PcmServer, recordCall, verifyRecording, WavReader } from '../dist/index.js';

const args = process.argv.slice(2);
const correctDrift = !args.includes('--no-drift');
const [counts = '100,500,1000', seconds = '10'] = args.filter((arg) => !arg.startsWith('--'));
/** Legs may be apart by the time between the two connections' first packets, and no more, in ms. */
const MAX_SKEW_MS = 40;
/** Recordings that are read back and verified; the ledger is checked for all. */
const VERIFIED = 20;
/** Calls that are opened together. */
const AT_ONCE = 50;
/** A run that takes longer than this beside its seconds has failed, in ms. */
const DEADLINE_MS = 120_000;

/** The process that sends: see record-sender.c. */
function startSender(folder) {
  const binary = join(folder, 'record-sender');
  const source = fileURLToPath(new URL('./record-sender.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
  const dialling = new Map();
  const stopped = deferred();
  createInterface(child.stdout).on('line', (line) => {
    const [what, ...numbers] = line.split(' ');
    if (what === 'dialled') dialling.get(Number(numbers[0]))?.();
    else stopped.resolve({ samples: Number(numbers[0]), lateMs: Number(numbers[1]) });
  });
  return {
    dial(port, dialled) {
      dialling.set(port, dialled);
      child.stdin.write(`${port}\n`);
    },
    async stop() {
      child.stdin.write('stop\n');
      const sent = await stopped.promise;
      child.stdin.end();
      return sent;
    },
  };
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** An endpoint that knows no more of the language than a recorder says. */
function endpointOf(sender) {
  let client;
  const answers = [
    [/^(#\d+) NAME /, ([, id]) => `${id} OK`],
    [/^(#\d+) PROTOCOL/, ([, id]) => `${id} PROTOCOL 8`],
    [/^(#\d+) CALL (\w+)/, ([, id, name]) => `${id} CALL ${name.slice(1)} STATUS INPROGRESS`],
    [/^(#\d+) GET CALL (\d+) PARTNER_HANDLE/, ([, id, call]) => `${id} CALL ${call} PARTNER_HANDLE u${call}`],
    [/^(#\d+) GET CALL (\d+) TYPE/, ([, id, call]) => `${id} CALL ${call} TYPE OUTGOING_P2P`],
    [/^(#\d+) GET CALL (\d+) DURATION/, ([, id, call]) => `${id} CALL ${call} DURATION ${seconds}`],
  ];
  return {
    finish: (call) => client.deliver(`CALL ${call} STATUS FINISHED`),
    connect(handlers) {
      client = handlers;
      return {
        disconnect: () => undefined,
        receive(line) {
          const port = Number(/PORT="(\d+)"/.exec(line)?.[1]);
          if (port > 0) return sender.dial(port, () => client.deliver(line));
          for (const [pattern, answer] of answers) {
            const match = pattern.exec(line);
            if (match) return queueMicrotask(() => client.deliver(answer(match)));
          }
        },
      };
    },
  };
}

async function record(client, server, file, n) {
  const call = await client.call(`u${n}`);
  return await recordCall(call, server, {
    file,
    input: false,
    readClass: 'batched',
    io: 'sync',
    correctDrift,
  });
}

/** Opens calls, some at a time: who dials is looked up for all that wait together. */
async function openAll(calls, open) {
  const opened = [];
  for (let first = 1; first <= calls; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, calls - first + 1);
    opened.push(...(await Promise.all(Array.from({ length: count }, (_, i) => open(first + i)))));
  }
  return opened;
}

async function measure(calls) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
  const sender = startSender(folder);
  const endpoint = endpointOf(sender);
  const client = await attach(new MemoryTransport(endpoint), { timeoutMs: 60_000 });
  const server = new PcmServer({ maxLeases: 4 * calls });
  const recordings = await openAll(calls, (n) => record(client, server, join(folder, `${n}.wav`), n));
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  const used = process.cpuUsage(before);
  const cores = (used.user + used.system) / 1000 / (performance.now() - startedAt);
  const rss = process.memoryUsage().rss / 1e6;

  const sent = await sender.stop();
  for (let n = 1; n <= calls; n++) endpoint.finish(n);
  const results = await Promise.all(recordings.map(({ finished }) => finished));
  const quality = await judge(results, sent.samples);
  await client.close();
  await server.close();
  await rm(folder, { recursive: true });
  return {
    ...{ calls, cores, perCore: Math.round(calls / cores), rss: Math.round(rss) },
    ...{ senderLateMs: sent.lateMs, ...quality },
  };
}

async function judge(results, sent) {
  let received = 0;
  let missing = 0;
  let changed = 0;
  for (const { sidecar } of results) {
    for (const { ledger, late, drift } of [sidecar.legs.local, sidecar.legs.remote]) {
      received += ledger.received;
      changed += drift.inserted + drift.removed;
      // What lies before a leg's connection is missing by its name, but was never sent.
      const never = ledger.spans.filter(({ from, kind }) => from === 0 && kind === 'missing');
      missing += ledger.missing + late - never.reduce((sum, { samples }) => sum + samples, 0);
    }
  }
  let skewMs = 0;
  const some = results.filter((_, i) => i % Math.ceil(results.length / VERIFIED) === 0);
  for (const { file } of some) {
    if (!(await verifyRecording(file)).ok) throw new Error(`${file} does not verify`);
    skewMs = Math.max(skewMs, await skewOf(file));
  }
  return { missing: missing + Math.abs(sent - received), changed, skewMs };
}

/** How far apart the legs' ramps are at the end of a recording, in ms. */
async function skewOf(file) {
  const reader = await WavReader.open(file);
  try {
    const at = reader.sampleCount - 8000;
    for await (const [left = 0, right = 0] of reader.samples({ start: at, end: at + 1 })) {
      const apart = Math.abs(left - right);
      return Math.min(apart, 30_000 - apart) / 16;
    }
  } finally {
    await reader.close();
  }
}

const cpus = availableParallelism();
process.stdout.write(
  `Node ${process.version}, ${cpus} cores, ${seconds} s each, stereo WAV with ledger, hashes, `,
);
process.stdout.write(`sidecar, drift correction ${correctDrift ? 'on' : 'off'}\n\n`);
process.stdout.write(
  '| calls | cores used | calls per core | RSS, MB | missing samples | changed by drift | skew, ms | sender late, ms |\n',
);
process.stdout.write('|---|---|---|---|---|---|---|---|\n');
for (const count of counts.split(',').map(Number)) {
  const deadline = setTimeout(
    () => {
      process.stdout.write(`| ${count} | not through within ${DEADLINE_MS / 1000} s | | | | | | |\n`);
      process.exit(1);
    },
    Number(seconds) * 1000 + DEADLINE_MS,
  );
  const { calls, cores, perCore, rss, missing, changed, skewMs, senderLateMs } = await measure(count);
  clearTimeout(deadline);
  const figures = [calls, cores.toFixed(2), perCore, rss, missing, changed, skewMs.toFixed(1), senderLateMs];
  process.stdout.write(`| ${figures.join(' | ')} |\n`);
  if (missing > 0 || changed > 0 || skewMs > MAX_SKEW_MS) process.exitCode = 1;
}
process.exit();
