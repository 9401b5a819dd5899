/**
 * Archives a mailbox through ports, on a virtual clock: wall time, and memory as it goes.
 * node bench/voicemail.mjs [messages=1000] [seconds=30] [concurrency=16]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attach,
  Exchange,
  MemoryTransport,
  PcmServer,
  toneSamples,
  VirtualClock,
  WavWriter,
} from '../dist/index.js';
import { archiveVoicemails, VoicemailArchive } from '../dist/voicemail.js';

const [messages = 1000, seconds = 30, concurrency = 16] = process.argv.slice(2).map(Number);
/** Different recordings; the others have the samples of one of these and are found to be duplicates. */
const RECORDINGS = 50;
const MIB = 2 ** 20;

const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
try {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const exchange = await Exchange.start({ clock, patienceMs: 10_000 });
  for (let i = 0; i < Math.min(RECORDINGS, messages); i++) {
    const wav = await WavWriter.create(join(folder, `${i}.wav`));
    await wav.write(toneSamples({ frequency: 200 + i * 10, durationMs: seconds * 1000 }));
    await wav.close();
  }
  for (let i = 0; i < messages; i++) {
    const file = join(folder, `${i % RECORDINGS}.wav`);
    await exchange.deposit({ to: 'jack', from: { handle: 'anna' }, file, recordedAtMs: i * 60_000 });
  }
  const client = await attach(new MemoryTransport(exchange.endpoint()));
  const server = new PcmServer();
  const archive = await VoicemailArchive.open(join(folder, 'archive'));
  const memory = [];
  const onProgress = ({ done }) => {
    if (done % Math.ceil(messages / 10) !== 0) return;
    globalThis.gc?.();
    memory.push(Math.round(process.memoryUsage.rss() / MIB));
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let over = false;
  const archiving = archiveVoicemails(client, archive, {
    route: { server },
    concurrency,
    onProgress,
  }).finally(() => {
    over = true;
  });
  while (!over) {
    await clock.run();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const report = await archiving;
  const wallS = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(
    `${JSON.stringify({
      messages,
      seconds,
      concurrency,
      stored: report.stored,
      duplicates: report.duplicates,
      failed: report.failed.length,
      wallS: Number(wallS.toFixed(1)),
      cpuS: Number(((user + system) / 1e6).toFixed(1)),
      timesRealTime: Math.round((messages * seconds) / wallS),
      rssMiB: memory,
    })}\n`,
  );
  await archive.close();
  await client.close();
  await server.close();
  await exchange.close();
} finally {
  await rm(folder, { recursive: true });
}
