// How many live calls a core records: each in stereo, with ledger, hashes and sidecar, over real TCP from another
// process. Fails when a sample is missing or the legs of a call are apart.
//
//   npm run bench:record -- [calls,calls,...] [seconds]
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, MemoryTransport, PcmServer, recordCall, verifyRecording, WavReader } from '../dist/index.js';

const [counts = '100,500,1000', seconds = '10'] = process.argv.slice(2);
/** Legs may be apart by the time between the two connections' first packets, and no more, in ms. */
const MAX_SKEW_MS = 40;
/** Recordings that are read back and verified; the ledger is checked for all. */
const VERIFIED = 20;

/** An endpoint that knows no more of the language than a recorder says. */
function endpointOf(sender) {
  const dialling = new Map();
  sender.on('message', ({ dialled }) => dialling.get(dialled)?.());
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
          if (port > 0) {
            dialling.set(port, () => client.deliver(line));
            sender.send({ dial: port });
            return;
          }
          for (const [pattern, answer] of answers) {
            const match = pattern.exec(line);
            if (match) return queueMicrotask(() => client.deliver(answer(match)));
          }
        },
      };
    },
  };
}

async function measure(calls) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
  const sender = fork(new URL('./record-sender.mjs', import.meta.url));
  const endpoint = endpointOf(sender);
  const client = await attach(new MemoryTransport(endpoint), { timeoutMs: 60_000 });
  const server = new PcmServer({ maxLeases: 4 * calls });
  const recordings = [];
  for (let n = 1; n <= calls; n++) {
    const call = await client.call(`u${n}`);
    const file = join(folder, `${n}.wav`);
    recordings.push(
      await recordCall(call, server, {
        file,
        input: false,
        readClass: 'batched',
        io: 'sync',
        correctDrift: false,
      }),
    );
  }
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  const used = process.cpuUsage(before);
  const wallMs = performance.now() - startedAt;
  const cores = (used.user + used.system) / 1000 / wallMs;
  const rss = process.memoryUsage().rss / 1e6;

  const sent = new Promise((resolve) =>
    sender.on('message', (message) => message.sent && resolve(message.sent)),
  );
  sender.send({ stop: true });
  const bySamples = (await sent).reduce((sum, [, samples]) => sum + samples, 0);
  for (let n = 1; n <= calls; n++) endpoint.finish(n);
  const results = await Promise.all(recordings.map(({ finished }) => finished));
  const quality = await judge(results, bySamples);
  await client.close();
  await server.close();
  sender.disconnect();
  await rm(folder, { recursive: true });
  return { calls, cores, perCore: Math.round(calls / cores), rss: Math.round(rss), ...quality };
}

async function judge(results, sent) {
  let received = 0;
  let missing = 0;
  for (const { sidecar } of results) {
    for (const { ledger, late } of [sidecar.legs.local, sidecar.legs.remote]) {
      received += ledger.received;
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
  return { missing: missing + Math.max(0, sent - received), skewMs };
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
  `Node ${process.version}, ${cpus} cores, ${seconds} s each, stereo WAV with ledger, hashes and sidecar\n\n`,
);
process.stdout.write(
  '| calls | cores used | calls per core | RSS, MB | missing samples | skew, ms |\n|---|---|---|---|---|---|\n',
);
for (const count of counts.split(',').map(Number)) {
  const { calls, cores, perCore, rss, missing, skewMs } = await measure(count);
  process.stdout.write(
    `| ${calls} | ${cores.toFixed(2)} | ${perCore} | ${rss} | ${missing} | ${skewMs.toFixed(1)} |\n`,
  );
  if (missing > 0 || skewMs > MAX_SKEW_MS) process.exitCode = 1;
}
process.exit();
