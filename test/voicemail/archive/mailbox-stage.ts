import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Client } from '../../../src/index.js';
import {
  type ArchiveVoicemailsOptions,
  archiveVoicemails,
  VoicemailArchive,
} from '../../../src/voicemail.js';
import { Line } from '../line.js';

export const FREQUENCIES = [300, 400, 500, 600];

export let line: Line;
export let client: Client;
export let root: string;

/** Has each test begin with a mailbox and an archive that is not there yet. */
export function onMailboxStage(): void {
  beforeEach(async () => {
    line = await Line.open();
    client = await line.client();
    root = join(line.folder, 'archive');
  });
  afterEach(() => line[Symbol.asyncDispose]());
}

/** Puts the archive elsewhere. */
export function archiveIn(folder: string): void {
  root = join(folder, 'archive');
}

/** Attaches again, once the client was closed. */
export async function attachAgain(): Promise<void> {
  client = await line.client();
}

/** Four messages, a minute apart. */
export async function four(): Promise<number[]> {
  const ids: number[] = [];
  for (const [index, frequency] of FREQUENCIES.entries()) {
    const file = await line.wav(`${index}.wav`, 200 + index * 20, frequency);
    ids.push(await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, index) }));
  }
  return ids;
}

export async function run(options: Partial<ArchiveVoicemailsOptions> = {}) {
  await using archive = await VoicemailArchive.open(root, { clock: line.clock });
  const report = await line.during(
    archiveVoicemails(client, archive, { route: { server: line.server }, retryMs: 20, ...options }),
  );
  return { report, messages: [...archive.find()] };
}

export async function files(folder = root): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
