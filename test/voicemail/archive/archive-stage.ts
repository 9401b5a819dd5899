import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { VirtualClock } from '../../../src/index.js';
import { LedgerSink } from '../../../src/voicemail/ledger-sink.js';
import { type ArchivedMessage, VoicemailArchive, type VoicemailFacts } from '../../../src/voicemail.js';
import { tone } from '../line.js';

export const DAY_S = 86_400;
export const NOW_S = Date.UTC(2026, 10, 22) / 1000;

export let root: string;
export let archive: VoicemailArchive;

/** Has each test begin with an empty archive. */
export function onArchiveStage(): void {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'jackfield-archive-'));
    archive = await VoicemailArchive.open(root, { clock: new VirtualClock(NOW_S * 1000) });
  });
  afterEach(async () => {
    await archive.close();
    await rm(root, { recursive: true });
  });
}

/** Opens the archive again, once it was closed. */
export async function reopen(options: Parameters<typeof VoicemailArchive.open>[1] = {}): Promise<void> {
  archive = await VoicemailArchive.open(root, options);
}

export function facts(id: number, more: Partial<VoicemailFacts> = {}): VoicemailFacts {
  const partner = { partner: 'anna', partnerName: 'Anna Ash' };
  return {
    account: 'jack',
    id,
    type: 'INCOMING',
    ...partner,
    timestamp: NOW_S - id * DAY_S,
    durationSeconds: 1,
    played: false,
    ...more,
  };
}

export async function samplesOf(from: VoicemailArchive, message: ArchivedMessage): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for await (const part of from.samples(message)) parts.push(part);
  return new Int16Array(parts.flatMap((part) => [...part]));
}

export async function store(from: VoicemailFacts, frequency = 300 + from.id * 10): Promise<ArchivedMessage> {
  const { key } = archive.catalogue.see(from);
  const intake = await archive.take(from);
  const account = new LedgerSink(intake);
  await account.write(tone(100, frequency), 0);
  return (await archive.store(key, intake, { ledger: account.ledger })).message;
}
