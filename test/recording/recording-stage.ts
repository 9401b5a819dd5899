import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { attach, type Call, Exchange, MemoryTransport, PcmServer, VirtualClock } from '../../src/index.js';

/** What a recorded call needs: a folder, an exchange whose time is virtual, and a PCM server. */
export interface RecordingStage {
  readonly folder: string;
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly server: PcmServer;
}

/** Makes a stage before each test of the file and clears it away after it. */
export function onRecordingStage(enter: (stage: RecordingStage) => void): void {
  let stage: RecordingStage;
  beforeEach(async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    stage = {
      folder: await mkdtemp(join(tmpdir(), 'jackfield-')),
      clock,
      exchange: await Exchange.start({ clock, patienceMs: 5000 }),
      server: new PcmServer(),
    };
    enter(stage);
  });
  afterEach(async () => {
    await stage.server.close();
    await stage.exchange.close();
    await rm(stage.folder, { recursive: true });
  });
}

/** Calls the robot that repeats what it hears. */
export async function callEcho(exchange: Exchange): Promise<Call> {
  const client = await attach(new MemoryTransport(exchange.endpoint()));
  return await client.call('echo123');
}
