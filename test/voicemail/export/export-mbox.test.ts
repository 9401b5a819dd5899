import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameKey } from '../../../src/files/safe-name.js';
import { VirtualClock } from '../../../src/index.js';
import { headerPhrase, headerText, localPart, mailbox } from '../../../src/voicemail/export/mail-headers.js';
import { LedgerSink } from '../../../src/voicemail/ledger-sink.js';
import { exportArchive, VoicemailArchive } from '../../../src/voicemail.js';
import { HOSTILE_NAMES } from '../../files/hostile-names.js';
import { tone } from '../line.js';

const run = promisify(execFile);
const hasPython = spawnSync('python3', ['-V']).status === 0;
const NOW_S = Date.UTC(2026, 10, 22) / 1000;

let root: string;
let archive: VoicemailArchive;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'jackfield-mbox-'));
  archive = await VoicemailArchive.open(join(root, 'archive'), { clock: new VirtualClock(NOW_S * 1000) });
});
afterEach(async () => {
  await archive.close();
  await rm(root, { recursive: true });
});

/** What a reader of mail may show of a name: what is not a character of a line is a blank. */
const shown = (name: string) =>
  name
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .trim();

/** Reads the mbox as strictly as a current mail reader does. */
const READ = `
import email.policy, json, mailbox, sys
out = []
box = mailbox.mbox(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, policy=email.policy.default))
for mail in box:
    people = lambda name: [[a.display_name, a.addr_spec] for a in mail[name].addresses]
    text, audio = mail.iter_parts()
    out.append({'headers': sorted(mail.keys()), 'from': people('From'), 'to': people('To'),
        'subject': str(mail['Subject']), 'keywords': str(mail['Keywords']), 'name': audio.get_filename(),
        'parts': [p.get_content_type() for p in mail.walk()],
        'defects': [str(d) for h in mail.values() for d in getattr(h, 'defects', ())] + [str(d) for d in mail.defects]})
json.dump(out, sys.stdout)`;

async function store(partner: string, id: number, tags: readonly string[] = []): Promise<void> {
  const facts = { account: 'jack', id, type: 'INCOMING', partner, partnerName: partner, played: false };
  const whole = { ...facts, timestamp: NOW_S + id, durationSeconds: 1 };
  const { key } = archive.catalogue.see(whole);
  const intake = await archive.take(whole);
  const account = new LedgerSink(intake);
  await account.write(tone(20, 300 + id), 0);
  await archive.store(key, intake, { ledger: account.ledger });
  await archive.setTags(key, [...tags]);
}

async function exported(): Promise<Record<string, unknown>[]> {
  const output = join(root, 'out.mbox');
  await exportArchive(archive, { format: 'mbox', output });
  return JSON.parse((await run('python3', ['-c', READ, output])).stdout);
}

describe.skipIf(!hasPython)('the mbox of an archive, read by another program (needs python3)', () => {
  it('has one mail from one sender for each message, for any name of the sender', async () => {
    for (const [index, name] of HOSTILE_NAMES.entries()) await store(name, index + 1, ['a, b', name]);
    const mails = await exported();
    expect(mails).toHaveLength(HOSTILE_NAMES.length);
    for (const [index, name] of HOSTILE_NAMES.entries()) {
      const [[sender, address], ...more] = mails[index]!['from'] as [[string, string]];
      expect(more).toEqual([]);
      // The reader puts a blank between encoded words of a name, where RFC 2047 has none.
      expect(sender.replaceAll(/\s/g, '')).toBe(shown(name).replaceAll(/\s/g, ''));
      expect(address).toMatch(/^[\w.+-]{1,64}@voicemail\.invalid$/);
      expect(mails[index], JSON.stringify(name)).toMatchObject({
        to: [['', 'jack@voicemail.invalid']],
        subject: shown(`Voicemail, 1 s, ${name}`),
        parts: ['multipart/mixed', 'text/plain', 'audio/wav'],
        defects: [],
      });
      expect(mails[index]?.['headers']).toEqual(mails[0]?.['headers']);
      expect(mails[index]?.['name']).toMatch(/^[^/\\\p{Cc}]+\.wav$/u);
    }
  });

  it('names files uniquely within their folders, in the archive and in a zip of it', async () => {
    for (const [index, name] of HOSTILE_NAMES.entries()) await store(name, index + 1);
    const output = join(root, 'out.zip');
    await exportArchive(archive, { format: 'zip', output });
    const list = 'import sys, zipfile; print("\\0".join(zipfile.ZipFile(sys.argv[1]).namelist()), end="")';
    const names = (await run('python3', ['-c', list, output])).stdout.split('\0');
    const audio = names.filter((name) => name.endsWith('.wav'));
    expect(new Set(audio.map(nameKey)).size).toBe(HOSTILE_NAMES.length);
    for (const name of names)
      expect(name).toMatch(/^(audio\/2026\/11\/[^/\\\p{Cc}]+|manifest\.json|SHA256SUMS)$/u);
    for (const message of archive.find({})) {
      const file = archive.audioFile(message) ?? expect.fail();
      expect(Buffer.byteLength(basename(file))).toBeLessThanOrEqual(230);
      expect(audio).toContain(relative(join(root, 'archive'), file));
    }
    expect(await readdir(root)).toEqual(['archive', 'out.zip']);
  });

  it('has a name with a comma as one sender', async () => {
    await store('Meyer, Anna', 1);
    expect(await exported()).toMatchObject([{ from: [['Meyer, Anna', 'Meyer__Anna@voicemail.invalid']] }]);
  });
});

describe('a mail header', () => {
  it.each([
    ['Anna Ash', 'Anna Ash'],
    ["Anna O'Neil", "Anna O'Neil"],
    ['Meyer, Anna', '"Meyer, Anna"'],
    ['Anna "the voice"', '"Anna \\"the voice\\""'],
    ['a\\b', '"a\\\\b"'],
    ['Dr. Ash', '"Dr. Ash"'],
    ['=?UTF-8?B?Zm9v?=', '=?UTF-8?B?PT9VVEYtOD9CP1ptOXY/PQ==?='],
    ['Zoë', '=?UTF-8?B?Wm/Dqw==?='],
    ['a\r\nBcc: b', '"a Bcc: b"'],
  ])('has %j as the phrase %j', (text, phrase) => {
    expect(headerPhrase(text)).toBe(phrase);
  });

  it.each(HOSTILE_NAMES)('stays one header of short lines with %j', (name) => {
    const address = `${'a'.repeat(64)}@voicemail.invalid`;
    for (const value of [headerText(name), headerPhrase(name), mailbox(name, address)]) {
      for (const [index, line] of value.split('\n').entries()) {
        // With the name of the header in front, and a comma behind (RFC 2047, section 2).
        const room = 76 - (index === 0 ? 'Keywords: '.length : 0) - 1;
        expect(line.length).toBeLessThanOrEqual(line.includes('=?') ? room : 130);
        expect(line).toMatch(index === 0 ? /^[\x20-\x7e]*$/ : /^ [\x21-\x7e][\x20-\x7e]*$/);
      }
    }
  });

  it.each(HOSTILE_NAMES)('has %j as one local part', (name) => {
    expect(localPart(name)).toMatch(/^[\w+-]+(\.[\w+-]+)*$/);
    expect(localPart(name).length).toBeLessThanOrEqual(64);
  });

  it('has no name when the sender has none', () => {
    expect(mailbox(' \r\n ', 'a@b')).toBe('<a@b>');
  });
});
