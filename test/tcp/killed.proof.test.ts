import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { expectSame } from '../same-samples.js';
import { bytes, dial, ramp, samplesOf } from './peers.js';

const built = new URL('../../dist/index.js', import.meta.url);
const FRAME = 320;

/** Records one lease to the file that it is told, and says its port, then what it counts as delivered. */
const RECORDER = `
  const { PcmServer } = await import(${JSON.stringify(built.href)});
  const lease = await new PcmServer({ readIntervalMs: 100 }).lease({
    object: 'CALL 14', stream: 'output', direction: 'receive',
  });
  lease.addSink({ kind: 'file', path: process.argv[1] });
  console.log(lease.port);
  setInterval(() => console.log(lease.stats.delivered), 20); // timer: it tells until it is killed
`;

test.skipIf(!existsSync(built))('what was counted as delivered to a file outlives a kill', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'jackfield-')), 'killed.raw');
  const recorder = spawn(process.execPath, ['--input-type=module', '--eval', RECORDER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: recorder.stdout })[Symbol.asyncIterator]();
  const next = async () => Number((await lines.next()).value);
  const peer = await dial(await next());
  peer.on('error', () => undefined);
  const all = ramp(10_000 * FRAME);
  const gone = once(recorder, 'exit');
  const speaking = (async () => {
    for (let at = 0; at < all.length && recorder.exitCode === null && !recorder.killed; at += FRAME) {
      const taken = peer.write(bytes(all.subarray(at, at + FRAME)));
      // A peer of a process that was killed is reset: that is no drain.
      if (!taken) await Promise.race([once(peer, 'drain').catch(() => gone), gone]);
    }
  })();
  let delivered = 0;
  while (delivered < 50 * FRAME) delivered = await next();
  recorder.kill('SIGKILL');
  await gone;
  await speaking;
  peer.destroy();
  for await (const line of lines) delivered = Number(line);
  const kept = samplesOf(readFileSync(path));
  expect(kept.length).toBeGreaterThanOrEqual(delivered);
  expectSame(kept, all.subarray(0, kept.length));
});
