import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach } from 'vitest';
import {
  attach,
  type Client,
  collectSamples,
  Exchange,
  MemoryTransport,
  PcmServer,
  Recorder,
  type RecorderOptions,
  VirtualClock,
  WavReader,
} from '../../../src/index.js';
import type { SegmentResult } from '../../../src/recording.js';

export const run = promisify(execFile);
export let folder: string;
export let clock: VirtualClock;
export let exchange: Exchange;
export let server: PcmServer;
export let client: Client;
export let recorder: Recorder | undefined;

/** Has each test begin with an exchange, a client of it and an empty folder. */
export function onRecorderStage(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-recorder-'));
    clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
    exchange = await Exchange.start({ clock, patienceMs: 5000 });
    server = new PcmServer();
    client = await attach(new MemoryTransport(exchange.endpoint()));
  });
  afterEach(async () => {
    await recorder?.close();
    await client.close();
    await server.close();
    await exchange.close();
    await rm(folder, { recursive: true });
  });
}

export async function start(options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  recorder = await Recorder.start(client, server, { folder, ...options });
  return recorder;
}

export async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

/** Calls the test service until it hangs up; resolves when the recording is where it belongs. */
export async function recordedCall(on: Recorder): Promise<SegmentResult> {
  const begun = once(on, 'recording');
  const published = once(on, 'published') as Promise<[SegmentResult]>;
  await client.call('echo123');
  await begun;
  await clock.run();
  const [segment] = await published;
  return segment;
}
