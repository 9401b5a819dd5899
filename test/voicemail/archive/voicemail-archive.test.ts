import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { sidecarPath } from '../../../src/voicemail/archive/voicemail-sidecar.js';
import { transcribeArchive, VoicemailArchive, type VoicemailSidecar } from '../../../src/voicemail.js';
import { tone } from '../line.js';

import {
  archive,
  DAY_S,
  facts,
  NOW_S,
  onArchiveStage,
  reopen,
  root,
  samplesOf,
  store,
} from './archive-stage.js';

onArchiveStage();

describe('a VoicemailArchive', () => {
  it('finds messages by time, partner, type, state, tag, hold and words, in order of time', async () => {
    const one = await store(facts(3, { partner: 'bob', partnerName: 'Bob Birch' }));
    const two = await store(facts(2, { type: 'OUTGOING' }));
    const three = await store(facts(1));
    archive.catalogue.see(facts(9));
    await archive.setTags(two.key, ['invoice', 'Zürich', 'invoice']);
    await archive.setTranscript(three.key, 'Please call me back about the "boat" on Monday');
    archive.setHold(one.key, 'case 12');
    const keys = (query: Parameters<typeof archive.find>[0]) => [...archive.find(query)].map(({ id }) => id);
    expect(keys({})).toEqual([9, 3, 2, 1]);
    expect(keys({ state: 'pending' })).toEqual([9]);
    expect(keys({ partner: 'bob' })).toEqual([3]);
    expect(keys({ type: 'OUTGOING' })).toEqual([2]);
    expect(keys({ tag: 'invoice' })).toEqual([2]);
    expect(keys({ hold: true })).toEqual([3]);
    expect(keys({ since: NOW_S - 2 * DAY_S, until: NOW_S - DAY_S })).toEqual([2]);
    expect(keys({ text: 'birch' })).toEqual([3]);
    expect(keys({ text: 'zurich' })).toEqual([2]);
    expect(keys({ text: 'boat monday' })).toEqual([1]);
    expect(keys({ text: 'boa*' })).toEqual([1]);
    expect(keys({ text: 'boa' })).toEqual([]);
    expect(keys({ text: 'anna', limit: 2 })).toEqual([9, 2]);
    expect(archive.catalogue.count({ text: 'anna' })).toBe(3);
    expect(() => [...archive.find({ text: '"*' })]).toThrow(/at least one word/);
    expect(archive.catalogue.message(two.key).tags).toEqual(['invoice', 'Zürich']);
  });

  it('treats a search text as words, never as operators', async () => {
    await store(facts(1));
    fc.assert(
      fc.property(fc.string(), (text) => {
        const words = /[\p{L}\p{N}]/u.test(text);
        if (words) [...archive.find({ text })];
        else expect(() => [...archive.find({ text })]).toThrow(/at least one word/);
        [...archive.find({ partner: text, tag: text })];
      }),
    );
  });

  it('keeps files inside its folder, for any handle', async () => {
    for (const [id, partner] of [
      '../../etc/passwd',
      'a/b\\c:d',
      '..',
      '',
      '\u0000x',
      'é'.repeat(300),
    ].entries()) {
      const message = await store(facts(id + 1, { partner }));
      expect(message.audio?.path).toMatch(/^audio\/2026\/11\/2026\d{4}T000000Z_[^/\\]+_jack-\d\.wav$/);
    }
    expect((await archive.verify()).faults).toEqual([]);
  });

  it.each(['audio', '.partial', ''])(
    'continues to store when somebody removes its folder %j meanwhile',
    async (name) => {
      const first = await store(facts(1));
      await rm(join(root, name), { recursive: true });
      for (const message of await Promise.all([store(facts(2)), store(facts(3))])) {
        expect(existsSync(archive.audioFile(message) ?? '')).toBe(true);
        expect(message.audio?.path).not.toBe(first.audio?.path);
      }
    },
  );

  it('reports files that are missing, changed, unreadable or stray', async () => {
    const messages = [
      await store(facts(1)),
      await store(facts(2)),
      await store(facts(3)),
      await store(facts(4)),
    ];
    expect(await archive.verify()).toEqual({ checked: 4, unstored: 0, faults: [] });
    const files = messages.map((message) => archive.audioFile(message) ?? '');
    await rm(files[0] ?? '');
    const bytes = await readFile(files[1] ?? '');
    bytes[bytes.length - 100] = (bytes.at(-100) ?? 0) ^ 1;
    await writeFile(files[1] ?? '', bytes);
    await truncate(files[2] ?? '', 10);
    await mkdir(join(root, 'audio/1999'), { recursive: true });
    await writeFile(join(root, 'audio/1999/stray.wav'), '');
    const { faults, checked } = await archive.verify();
    expect(checked).toBe(4);
    const kinds = new Map(faults.map(({ kind, key }) => [key, kind]));
    expect(kinds.get(messages[0]?.key)).toBe('missing');
    expect(kinds.get(messages[1]?.key)).toBe('changed');
    expect(kinds.get(messages[2]?.key)).toBe('unreadable');
    expect(kinds.get(undefined)).toBe('stray');
  });

  it('reports a sidecar that is missing, has other contents, or has an invalid ledger', async () => {
    const messages = [];
    for (let id = 1; id <= 5; id++) messages.push(await store(facts(id)));
    const paths = messages.map((message) => sidecarPath(archive.audioFile(message) ?? '', message));
    const [gone = '', edited = '', sums = '', sound = '', torn = ''] = paths;
    const change = async (path: string, edit: (sidecar: VoicemailSidecar) => object) =>
      writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')))));
    await rm(gone);
    await change(edited, (sidecar) => ({ ...sidecar, voicemail: { ...sidecar.voicemail, partner: 'eve' } }));
    await change(sums, ({ ledger, ...sidecar }) => ({ ...sidecar, ledger: { ...ledger, received: 1 } }));
    const spans = [{ from: 0, samples: 1600, kind: 'missing', reason: 'dropped' }];
    await change(sound, (sidecar) => ({
      ...sidecar,
      ledger: { received: 0, idle: 0, masked: 0, missing: 1600, spans },
    }));
    await truncate(torn, 100);
    const { faults } = await archive.verify();
    const found = new Map(faults.map(({ path, kind, detail }) => [join(root, path), `${kind}: ${detail}`]));
    expect(found.size).toBe(5);
    expect(found.get(gone)).toMatch(/^sidecar: .*ENOENT/);
    expect(found.get(edited)).toMatch(/^sidecar: .*differs from/);
    expect(found.get(sums)).toMatch(/^ledger: .*1 received/);
    expect(found.get(sound)).toMatch(/^ledger: There is sound/);
    expect(found.get(torn)).toMatch(/^sidecar: .*not JSON/);
  });

  it('migrates a catalogue from before the ledgers', async () => {
    const { key } = await store(facts(1));
    archive.catalogue.see(facts(2));
    await archive.close();
    const db = new Database(join(root, 'catalogue.db'));
    db.exec(
      'ALTER TABLE messages DROP COLUMN ledger; ALTER TABLE messages DROP COLUMN unwritten; ' +
        'ALTER TABLE messages DROP COLUMN hold; ALTER TABLE messages ADD COLUMN hold INTEGER NOT NULL DEFAULT 0; ' +
        'UPDATE messages SET hold = 1 WHERE voicemail = 2; DROP TABLE unfinished; PRAGMA user_version = 1',
    );
    db.close();
    await reopen();
    const ledger = { received: 1600, idle: 0, masked: 0, missing: 0 };
    expect(archive.catalogue.message(key)).toMatchObject({
      complete: true,
      unwritten: undefined,
      ledger,
      hold: undefined,
    });
    expect([...archive.find({ state: 'pending' })][0]).toMatchObject({
      ledger: undefined,
      hold: 'legal hold',
    });
    expect((await archive.verify()).faults).toEqual([]);
  });

  it('purges by age and by size, but never held messages, nor audio that others need', async () => {
    const held = await store(facts(30));
    archive.setHold(held.key, 'case 12');
    await store(facts(20), 500);
    const sharing = await store(facts(1), 500);
    await store(facts(2));
    expect((await archive.purge({ maxAgeDays: 10, dryRun: true })).map(({ id }) => id)).toEqual([20]);
    expect(archive.catalogue.count({ state: 'stored' })).toBe(4);
    await archive.purge({ maxAgeDays: 10 });
    expect([...archive.find({ state: 'purged' })].map(({ id }) => id)).toEqual([20]);
    expect(await archive.verifyMessage(archive.catalogue.message(sharing.key))).toBeUndefined();
    const bytes = sharing.audio?.bytes ?? 0;
    await archive.purge({ maxBytes: bytes * 2 });
    expect([...archive.find({ state: 'stored' })].map(({ id }) => id)).toEqual([30, 1]);
    await archive.purge({ maxBytes: 0 });
    expect([...archive.find({ state: 'stored' })].map(({ id }) => id)).toEqual([30]);
    expect((await archive.verify()).faults).toEqual([]);
    const left = await readdir(join(root, 'audio'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toHaveLength(2);
    // What was purged is known: it is not fetched again, and its words are gone.
    expect(archive.catalogue.see(facts(20)).state).toBe('purged');
  });

  it('has its messages when it is opened again', async () => {
    const { key } = await store(facts(1));
    await archive.close();
    await reopen();
    expect(archive.catalogue.message(key)).toMatchObject({
      state: 'stored',
      complete: true,
      archivedAt: NOW_S,
    });
    expect(() => archive.setHold(99, 'case 12')).toThrow(/no message 99/);
    expect(() => archive.setHold(key, '')).toThrow(/reason/);
  });

  it('refuses a file that is not a catalogue, or a newer one', async () => {
    const other = join(root, 'other');
    await mkdir(other);
    await writeFile(join(other, 'catalogue.db'), 'something else entirely'.repeat(100));
    await expect(VoicemailArchive.open(other)).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(VoicemailArchive.open(join(root, 'catalogue.db'))).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });

  it('holds 2,000 messages', async () => {
    const { audio, ledger } = await store(facts(1));
    for (let id = 2; id <= 2000; id++) archive.catalogue.see(facts(id, { timestamp: id }));
    archive.catalogue.store(2000, {
      audio: audio ?? expect.fail(),
      ledger: ledger ?? expect.fail(),
      archivedAt: 1,
    });
    expect(archive.catalogue.count()).toBe(2000);
    expect([...archive.find({ state: 'pending' })]).toHaveLength(1998);
    expect([...archive.find({ text: 'ash', since: 1000, until: 1010 })].map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, index) => 1000 + index),
    );
  });
});

describe('an encrypted archive', () => {
  it('is readable only with the secret key, and never in clear on the disk', async () => {
    const { Decrypter, generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const identity = await generateX25519Identity();
    await archive.close();
    await reopen({ encryptTo: [await identityToRecipient(identity)] });
    const one = await store(facts(1), 440);
    const two = await store(facts(2), 440);
    expect(one.audio?.path).toMatch(/\.wav\.age$/);
    // The same samples are known as the same without a key.
    expect(two.audio).toEqual(one.audio);
    const bytes = await readFile(archive.audioFile(one) ?? '');
    expect(bytes.indexOf(Buffer.from(tone(100, 440).buffer, 0, 64))).toBe(-1);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const clear = await decrypter.decrypt(bytes);
    expect(Buffer.from(clear).subarray(-3200)).toEqual(Buffer.from(tone(100, 440).buffer));
    expect(await archive.verify()).toEqual({ checked: 2, unstored: 0, faults: [] });
    await expect(samplesOf(archive, one)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await archive.close();
    await reopen({ identity });
    expect(await samplesOf(archive, one)).toEqual(tone(100, 440));
    expect((await archive.verify()).faults).toEqual([]);
    const heard: (string | undefined)[] = [];
    const count = await transcribeArchive(archive, {
      transcriber: {
        name: 'counter',
        async transcribe({ file, samples }) {
          heard.push(file);
          let length = 0;
          for await (const part of samples) length += part.length;
          return { text: `${length} samples` };
        },
      },
    });
    expect([count, heard]).toEqual([2, [undefined, undefined]]);
    expect([...archive.find({ text: '1600' })]).toHaveLength(2);
    bytes[300] = (bytes[300] ?? 0) ^ 1;
    await writeFile(archive.audioFile(one) ?? '', bytes);
    // Who can read it finds that age refuses it; who cannot, that it is not the file that was written.
    expect((await archive.verify()).faults.map(({ kind }) => kind)).toEqual(['unreadable', 'unreadable']);
    await archive.close();
    await reopen();
    expect((await archive.verify()).faults.map(({ kind }) => kind)).toEqual(['changed', 'changed']);
  });

  it('is refused for an invalid recipient', async () => {
    const opening = VoicemailArchive.open(join(root, 'x'), { encryptTo: ['age1nonsense'] });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const reading = VoicemailArchive.open(join(root, 'x'), { identity: 'AGE-SECRET-KEY-1NONSENSE' });
    await expect(reading).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
