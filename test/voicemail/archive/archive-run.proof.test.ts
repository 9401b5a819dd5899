import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import {
  archiveVoicemails,
  commandTranscriber,
  rebuildArchive,
  VoicemailArchive,
} from '../../../src/voicemail.js';
import { canMount, smallDisk } from '../../exchange/disk.js';
import { samplesOf, tone } from '../line.js';

import {
  archiveIn,
  attachAgain,
  client,
  files,
  four,
  line,
  onMailboxStage,
  root,
  run,
} from './mailbox-stage.js';

onMailboxStage();

describe('a run of archiveVoicemails', () => {
  it('stops and reports it when the archive cannot be written', async () => {
    await four();
    await using archive = await VoicemailArchive.open(root);
    await rm(join(root, '.partial'), { recursive: true });
    await writeFile(join(root, '.partial'), 'no folder');
    const running = archiveVoicemails(client, archive, { route: { server: line.server } });
    await expect(line.during(running)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it.runIf(canMount)('stops and reports it on a full disk, and continues when there is room', async () => {
    await four();
    await using disk = smallDisk(150_000);
    archiveIn(disk.path);
    await expect(run()).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(run()).rejects.toMatchObject({ code: 'ERR_FILE' });
    disk.resize(4_000_000);
    const { report, messages } = await run();
    expect(report).toMatchObject({ listed: 4, failed: [], incomplete: [] });
    expect(messages.map(({ state, complete }) => [state, complete])).toEqual(Array(4).fill(['stored', true]));
    await using archive = await VoicemailArchive.open(root);
    expect((await archive.verify()).faults).toEqual([]);
    expect(await files(join(root, '.partial'))).toEqual([]);
  });

  it('locks its archive, and does not touch files that others are writing there', async () => {
    await four();
    await using archive = await VoicemailArchive.open(root, { clock: line.clock });
    await using other = await VoicemailArchive.open(root);
    const facts = { account: 'jack', id: 99, partner: 'bob', partnerName: 'Bob', timestamp: 1 };
    const more = { type: 'INCOMING', durationSeconds: 1, played: false };
    const { key } = other.catalogue.see({ ...facts, ...more });
    const intake = await other.take({ ...facts, ...more });
    await intake.write(tone(1000));
    const route = { server: line.server };
    const running = archiveVoicemails(client, archive, { route });
    await expect(archiveVoicemails(client, other, { route })).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    expect(await line.during(running)).toMatchObject({ stored: 4 });
    const ledger = { received: 16_000, idle: 0, masked: 0, missing: 0, spans: [] };
    await other.store(key, intake, { ledger });
    expect(await samplesOf(other.audioFile(other.catalogue.message(key)) ?? '')).toEqual(tone(1000));
  });

  it('does not start without its speech engine', async () => {
    await four();
    const transcriber = commandTranscriber({ command: 'no-such-command' });
    await expect(run({ transcriber })).rejects.toMatchObject({ code: 'ERR_TOOL' });
    await using archive = await VoicemailArchive.open(root);
    expect(archive.catalogue.count()).toBe(0);
  });

  it('can be aborted, and the interrupted message is archived by the next run', async () => {
    await four();
    const aborter = new AbortController();
    const running = run({ signal: aborter.signal, onProgress: ({ done }) => done === 2 && aborter.abort() });
    await expect(running).rejects.toMatchObject({ name: /Abort|Jackfield/ });
    const { report } = await run();
    expect(report).toMatchObject({ known: 2, stored: 2 });
    expect((await files(join(root, '.partial'))).length).toBe(0);
  });

  it('archives the new messages of a mailbox of 10,000', { timeout: 120_000 }, async () => {
    const file = await line.wav('one.wav', 100);
    await using archive = await VoicemailArchive.open(root, { clock: line.clock });
    await client.close();
    for (let i = 0; i < 10_000; i++) await line.deposit(file, { atMs: i * 1000, durationSec: 1 });
    await attachAgain();
    // What retention has removed is known without being there.
    const db = new Database(join(root, 'catalogue.db'));
    db.exec(`
      WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO messages (account, voicemail, timestamp, partner, name, type, duration, played, state)
      SELECT 'jack', i + 1, i, 'anna', 'Anna Ash', 'INCOMING', 1, 0, 'purged' FROM n WHERE i % 1000 <> 500`);
    db.close();
    const report = await line.during(
      archiveVoicemails(client, archive, { route: { server: line.server }, concurrency: 10 }),
    );
    expect(report).toMatchObject({ listed: 10_000, known: 9990, stored: 10, duplicates: 9, failed: [] });
    expect(archive.catalogue.count({ state: 'stored' })).toBe(10);
  });

  it('refuses options out of range', async () => {
    await expect(run({ concurrency: 0 })).rejects.toThrow(/concurrency/);
    await expect(run({ attempts: 11 })).rejects.toThrow(/attempts/);
  });
});

it('a damaged row affects only its message, and is restored by rebuildArchive', async () => {
  await four();
  await run();
  for (const change of ["tags = '{bad'", "state = 'x'", 'ledger = 5']) {
    const db = new Database(join(root, 'catalogue.db'));
    db.exec(`UPDATE messages SET ${change} WHERE key = 2`);
    db.exec(`INSERT OR REPLACE INTO unfinished SELECT replace(path, '.wav', '.2.json'), 2, 0
      FROM audio JOIN messages ON audio = sha256 WHERE key = 2`);
    db.close();
    const { report, messages } = await run();
    expect([change, report.known, report.damaged, messages.length]).toEqual([change, 3, 1, 3]);
    expect(await rebuildArchive(root)).toMatchObject({ messages: 4, failed: new Map() });
    expect((await run()).report).toMatchObject({ known: 4, failed: [] });
  }
});
