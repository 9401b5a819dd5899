import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/index.js';
import { LedgerSink } from '../../../src/voicemail/ledger-sink.js';
import {
  type ArchivedMessage,
  rebuildArchive,
  VoicemailArchive,
  type VoicemailFacts,
} from '../../../src/voicemail.js';
import { tone } from '../line.js';

const DAY_S = 86_400;
const NOW_S = Date.UTC(2026, 10, 22) / 1000;

let root: string;
let archive: VoicemailArchive;
const opened = () => VoicemailArchive.open(root, { clock: new VirtualClock(NOW_S * 1000) });
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'jackfield-archive-'));
  archive = await opened();
});
afterEach(async () => {
  await archive.close();
  await rm(root, { recursive: true });
});

const facts = (id: number, partner = 'anna'): VoicemailFacts => ({
  ...{ account: 'jack', id, type: 'INCOMING', partner, partnerName: 'Anna Ash' },
  ...{ timestamp: NOW_S - id * DAY_S, durationSeconds: 1, played: false },
});

async function store(from: VoicemailFacts, frequency = 300 + from.id * 10): Promise<ArchivedMessage> {
  const { key } = archive.catalogue.see(from);
  archive.catalogue.begin(key);
  const intake = await archive.take(from);
  const account = new LedgerSink(intake);
  await account.write(tone(100, frequency), 0);
  return (await archive.store(key, intake, { ledger: account.ledger })).message;
}

const database = () => join(root, 'catalogue.db');
const names = async () => (await readdir(root, { recursive: true })).sort();
/** Legal holds by the sidecars, in the order of their names. */
async function holds(): Promise<unknown[]> {
  const files = (await names()).filter((name) => /\.\d+\.json$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(root, name), 'utf8')));
  return texts.map((text) => JSON.parse(text).hold);
}

/** Does something to the catalogue's file while nobody has it open. */
async function spoil(work: () => unknown): Promise<void> {
  await archive.close();
  await work();
}

async function lost(): Promise<void> {
  for (const beside of ['', '-wal', '-shm']) await rm(`${database()}${beside}`, { force: true });
}

function sql(text: string): void {
  const db = new Database(database());
  db.exec(text);
  db.close();
}

async function made(): Promise<ArchivedMessage[]> {
  const one = await store(facts(1));
  const two = await store(facts(2, 'bob'), 310);
  const three = await store(facts(3));
  await archive.setTags(one.key, ['invoice', 'Zürich']);
  await archive.setTranscript(three.key, 'the boat on Monday');
  await archive.setHold(two.key, 'case 12');
  await archive.setHold(three.key, 'case 13');
  return [...archive.find()];
}

describe('a legal hold on an archived message', () => {
  it('is in the sidecar, is removed with the hold, and moves with the audio', async () => {
    const { key } = await store(facts(1));
    await archive.setHold(key, 'case 12');
    expect(await holds()).toEqual(['case 12']);
    await archive.setHold(key, undefined);
    expect(await holds()).toEqual([undefined]);
    await archive.setHold(key, 'case 12');
    await store(facts(1), 700);
    expect(await holds()).toEqual(['case 12']);
    expect((await archive.verify()).faults).toEqual([]);
  });

  it('of a message without audio is written to its sidecar once there is audio', async () => {
    const { key } = archive.catalogue.see(facts(1));
    await archive.setHold(key, 'case 12');
    await store(facts(1));
    expect(await holds()).toEqual(['case 12']);
  });

  it.each([undefined, '{', '[]', 'null'])(
    'is in force by its sidecar alone, also when that is %j',
    async (text) => {
      const { key, audio } = await store(facts(1));
      await archive.setHold(key, 'case 12');
      await spoil(() => sql('UPDATE messages SET hold = NULL'));
      const sidecar = join(root, `${audio?.path.replace('.wav', '')}.${key}.json`);
      if (text !== undefined) await writeFile(sidecar, text);
      archive = await opened();
      const purged = await archive.purge({ maxBytes: 0 });
      expect(purged).toEqual([]);
      await archive.close();
      const { failed } = await rebuildArchive(root);
      archive = await opened();
      if (text === undefined) expect(archive.catalogue.message(key).hold).toBe('case 12');
      else expect([...failed.keys()]).toEqual([sidecar]);
    },
  );

  it('of an earlier version, which is only in the catalogue, is written to the sidecar', async () => {
    await store(facts(1));
    await spoil(() => sql("UPDATE messages SET hold = 'case 8'; PRAGMA user_version = 3"));
    archive = await opened();
    expect((await archive.verify()).faults).toEqual([]);
    expect(await holds()).toEqual(['case 8']);
  });

  it('is completed by the next run when the process was killed before it wrote the sidecar', async () => {
    const { key } = await store(facts(1));
    archive.catalogue.setHold(key, 'case 12');
    expect(await holds()).toEqual([undefined]);
    await archive.sweep();
    expect(await holds()).toEqual(['case 12']);
    archive.catalogue.setHold(key, undefined);
    await archive.sweep();
    expect(await holds()).toEqual([undefined]);
  });
});

describe('rebuildArchive', () => {
  it('restores a lost catalogue: messages, tags, transcripts, holds and words', async () => {
    const before = await made();
    await spoil(lost);
    await expect(VoicemailArchive.open(root)).rejects.toThrow(/has no catalogue.db.*voicemail index/);
    await expect(VoicemailArchive.open(root, { existing: true })).rejects.toThrow(/voicemail index/);
    expect(await rebuildArchive(root)).toMatchObject({ messages: 3, failed: new Map() });
    archive = await opened();
    expect([...archive.find()]).toEqual(before);
    expect([...archive.find({ text: 'boat' })].map(({ id }) => id)).toEqual([3]);
    expect(await archive.verify()).toMatchObject({ checked: 3, faults: [] });
    expect((await archive.purge({ maxBytes: 0 })).map(({ id }) => id)).toEqual([1]);
  });

  it('moves a damaged catalogue aside, and reports where it is kept', async () => {
    const before = await made();
    await spoil(async () => {
      sql('PRAGMA wal_checkpoint(TRUNCATE)');
      const bytes = await readFile(database());
      await writeFile(database(), bytes.fill(0xff, 5000, 9000));
    });
    await expect(VoicemailArchive.open(root)).rejects.toThrow(/damaged.*voicemail index/);
    const { damaged, messages } = await rebuildArchive(root);
    expect(messages).toBe(3);
    expect(damaged).toMatch(/catalogue\.damaged-[0-9a-f]{8}\.db$/);
    expect(await names()).toContain(damaged?.slice(root.length + 1));
    archive = await opened();
    expect([...archive.find()]).toEqual(before);
  });

  it.each([
    "UPDATE messages SET tags = '{bad'",
    "UPDATE messages SET state = 'gone'",
    'UPDATE messages SET ledger = 5',
    "UPDATE messages SET timestamp = 'never'",
    'UPDATE audio SET samples = -1',
    "UPDATE audio SET bytes = 'many'",
    'PRAGMA foreign_keys = OFF; DELETE FROM audio',
    'DELETE FROM messages',
    "INSERT INTO unfinished VALUES ('../../canary.wav', 1, 1)",
  ])('restores damaged rows: %s', async (change) => {
    const before = await made();
    await spoil(() => sql(change));
    expect(await rebuildArchive(root)).toMatchObject({ messages: 3, failed: new Map() });
    archive = await opened();
    expect(archive.catalogue.damaged()).toEqual([]);
    expect([...archive.find()]).toEqual(before);
    expect(await archive.verify()).toMatchObject({ checked: 3, faults: [] });
  });

  it('does not change messages that are only in the catalogue', async () => {
    await made();
    archive.catalogue.see(facts(9));
    await archive.purge({ maxBytes: 0 });
    const before = [...archive.find()];
    await archive.close();
    await rebuildArchive(root);
    archive = await opened();
    expect([...archive.find()]).toEqual(before);
  });

  it('reports sidecars that it cannot read, and reads the others', async () => {
    const [one, two, three] = (await made()).map(({ audio, key }) =>
      join(root, `${(audio?.path ?? '').replace('.wav', '')}.${key}.json`),
    ) as [string, string, string];
    await spoil(lost);
    await writeFile(one, '{');
    const text = await readFile(two, 'utf8');
    await writeFile(two, text.replace('"file": "', '"file": "../../'));
    await copyFile(three, three.replace(/\.\d+\.json$/, '.77.json'));
    const { messages, failed } = await rebuildArchive(root);
    expect(messages).toBe(1);
    expect([...failed.keys()].sort()).toEqual(
      [one, two, failed.has(three) ? three : three.replace(/\.\d+\.json$/, '.77.json')].sort(),
    );
    archive = await opened();
  });

  it('refuses to move a catalogue aside while a run archives, and a folder that is not an archive', async () => {
    await store(facts(1));
    const intake = await archive.take(facts(2));
    await writeFile(database(), 'no database');
    for (const beside of ['-wal', '-shm']) await rm(`${database()}${beside}`, { force: true });
    await expect(rebuildArchive(root)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await intake.discard();
    await expect(rebuildArchive(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
