import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ArchivedMessage, exportArchive } from '../../../src/voicemail.js';

import { archive, facts, onArchiveStage, root, store } from '../archive/archive-stage.js';

const run = promisify(execFile);
const has = async (command: string) =>
  run('which', [command]).then(
    () => true,
    () => false,
  );
const hasUnzip = await has('unzip');
const hasPython = await has('python3');

onArchiveStage();

describe('exportArchive', () => {
  const prepare = async () => {
    await store(facts(1, { partnerName: 'Ünal "the boss", Ltd' }));
    const two = await store(facts(2, { partnerName: '=HYPERLINK("x")', type: 'OUTGOING' }), 310);
    await archive.setTranscript(two.key, 'Two lines,\nwith "quotes" — and From here');
    await archive.setTags(two.key, ['tag']);
    archive.catalogue.see(facts(3));
  };

  it.skipIf(!hasUnzip)('writes a zip with valid checksums (needs unzip)', async () => {
    await prepare();
    const output = join(root, 'out.zip');
    expect(await exportArchive(archive, { format: 'zip', output })).toBe(2);
    const folder = join(root, 'unzipped');
    expect((await run('unzip', ['-t', output])).stdout).toMatch(/No errors detected/);
    await run('unzip', ['-q', output, '-d', folder]);
    const checked = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
    expect(checked.stdout.match(/: OK$/gm)).toHaveLength(4);
    const sums = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).trim().split('\n');
    // Both have the same samples: one audio file, two sidecars, the manifest.
    expect(sums).toHaveLength(4);
    for (const line of sums) {
      const [sum, name = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex'),
      ).toBe(sum);
    }
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.messages.map(({ id }: ArchivedMessage) => id)).toEqual([2, 1]);
  });

  it('writes CSV without formulas for a spreadsheet', async () => {
    await prepare();
    const output = join(root, 'out.csv');
    expect(await exportArchive(archive, { format: 'csv', output, query: {} })).toBe(3);
    const text = await readFile(output, 'utf8');
    expect(text.split('\r\n')[0]).toBe(
      'key,account,voicemail,type,recorded_at,partner,partner_name,duration_s,played,state,complete,failure,original,hold,tags,transcript,audio,samples,missing,sha256',
    );
    expect(text).toContain('"\'=HYPERLINK(""x"")"');
    expect(text).toContain('"Two lines,\nwith ""quotes"" — and From here"');
    expect(text).toContain('"Ünal ""the boss"", Ltd"');
  });

  it.skipIf(!hasPython)('writes an mbox that another program reads (needs python3)', async () => {
    await prepare();
    const output = join(root, 'out.mbox');
    expect(await exportArchive(archive, { format: 'mbox', output })).toBe(2);
    const script = `
import mailbox, json, sys, hashlib
from email.header import decode_header, make_header
out = []
for mail in mailbox.mbox(sys.argv[1]):
    text, audio = mail.get_payload()
    out.append({'from': str(make_header(decode_header(mail['From']))), 'to': mail['To'], 'date': mail['Date'],
      'text': text.get_payload(decode=True).decode(), 'name': audio.get_filename(), 'tags': mail['Keywords'],
      'sha': hashlib.sha256(audio.get_payload(decode=True)).hexdigest()})
print(json.dumps(out))`;
    const { stdout } = await run('python3', ['-c', script, output]);
    const [two, one] = JSON.parse(stdout);
    const [first, second] = [...archive.find({ state: 'stored' })];
    const sha256Of = async (message: ArchivedMessage | undefined) => {
      const bytes = await readFile(archive.audioFile(message ?? expect.fail()) ?? '');
      return createHash('sha256').update(bytes).digest('hex');
    };
    expect(two).toMatchObject({
      from: '<jack@voicemail.invalid>',
      text: 'Two lines,\nwith "quotes" — and From here',
      date: 'Fri, 20 Nov 2026 00:00:00 +0000',
      tags: 'tag',
      sha: await sha256Of(first),
      name: '20261121T000000Z_anna_jack-1.wav',
    });
    expect(one.sha).toBe(await sha256Of(second));
    expect(one.from).toBe('Ünal "the boss", Ltd <anna@voicemail.invalid>');
    expect(one.text).toBe('(no transcript)');
  });

  it('leaves nothing behind when it cannot be finished', async () => {
    await prepare();
    const [message] = archive.find({ state: 'stored' });
    await rm(archive.audioFile(message ?? expect.fail()) ?? '');
    for (const format of ['zip', 'mbox'] as const) {
      const exporting = exportArchive(archive, { format, output: join(root, `out.${format}`) });
      await expect(exporting).rejects.toMatchObject({ code: 'ERR_FILE' });
    }
    const aborted = exportArchive(archive, {
      format: 'csv',
      output: join(root, 'out.csv'),
      signal: AbortSignal.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect((await readdir(root)).filter((name) => name.startsWith('out'))).toEqual([]);
    const format = 'xml' as 'zip';
    await expect(exportArchive(archive, { format, output: 'x' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
  });
});
