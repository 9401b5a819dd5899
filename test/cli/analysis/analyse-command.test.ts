import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, describe, expect, it } from 'vitest';
import { Catalogue } from '../../../src/recording.js';
import { RecordingMaker } from '../../recording/archive/made-recordings.js';
import { cardCall } from '../../recording/masking/card-call.js';
import { speechFile, testFolder } from '../../voice/fixtures.js';
import { CommandHost } from '../command-host.js';

const folder = testFolder();
const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

const analyse = (...args: string[]) => host.run(['analyse', ...args], { cwd: folder });

describe('jackfield analyse', () => {
  it('writes a page for each call, for any file names', async () => {
    const names = ['a/0.wav', 'b/0.wav', 'c/0.WAV', 'a/two\nlines.wav', `a/${'n'.repeat(245)}.wav`];
    for (const name of ['a', 'b', 'c']) await mkdir(join(folder, name));
    for (const name of names) await copyFile(speechFile('goforward'), join(folder, name));
    const { code, stderr } = await analyse(...names, '--html', 'pages');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const pages = await readdir(join(folder, 'pages'));
    expect(pages).toHaveLength(names.length);
    expect(pages).toEqual(expect.arrayContaining(['0.wav.html', '0.wav-2.html', '0.WAV-3.html']));
    expect(await readFile(join(folder, 'pages', '0.wav-2.html'), 'utf8')).toContain('<h1>0.wav (2)</h1>');
  });

  it('continues after a call that fails, and after a page that cannot be written', async () => {
    await copyFile(speechFile('goforward'), join(folder, 'call.wav'));
    await copyFile(speechFile('numbers'), join(folder, 'other.wav'));
    await writeFile(join(folder, 'text.wav'), 'no sound');
    await mkdir(join(folder, 'some'));
    await writeFile(join(folder, 'some', 'call.wav.html'), 'of somebody');
    const files = ['call.wav', 'text.wav', 'other.wav'];
    const { code, stdout, stderr } = await analyse(...files, '--html', 'some', '--json');
    expect(code).toBe(1);
    const shown = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).file);
    expect(shown).toEqual(['call.wav', 'other.wav']);
    expect(stderr).toMatch(/^call\.wav: .*--force.* \[ERR_FILE\]$/m);
    expect(stderr).toMatch(/^text\.wav: This is not.* \[ERR_WAV\]$/m);
    expect(await readFile(join(folder, 'some', 'call.wav.html'), 'utf8')).toBe('of somebody');
    expect(await readdir(join(folder, 'some'))).toEqual(['call.wav.html', 'other.wav.html']);
  });

  it('reports a file that was cut off, also in the page', async () => {
    const whole = await readFile(speechFile('numbers'));
    await writeFile(join(folder, 'whole.wav'), whole);
    await writeFile(join(folder, 'cut.wav'), whole.subarray(0, 60_000));
    const { code, stdout, stderr } = await analyse('whole.wav', 'cut.wav', '--legs', '--json');
    const message = 'The file is cut off: its header gives more samples than it holds.';
    expect({ code, stderr }).toEqual({ code: 0, stderr: `cut.wav: ${message}\n` });
    expect(JSON.parse(stdout).damaged).toEqual([{ input: 1, state: 'truncated', message }]);
    const drawn = await analyse('cut.wav', '--html', 'cut-pages');
    expect(drawn.stderr).toBe(`cut.wav: ${message}\n`);
    expect(await readFile(join(folder, 'cut-pages', 'cut.wav.html'), 'utf8')).toContain(message);
  });

  it('continues after a call that the engine fails on', async () => {
    const engine = 'cat > /dev/null; if mkdir failed 2> /dev/null; then exit 3; fi; echo go forward';
    await writeFile(join(folder, 'engine.sh'), engine);
    const args = ['call.wav', 'other.wav', '--transcribe', 'sh engine.sh', '--format', 'text'];
    const { code, stdout, stderr } = await analyse(...args);
    expect([code, stdout]).toEqual([1, '[00:00:00.000] local: go forward\n']);
    expect(stderr).toMatch(/^call\.wav: .* \[ERR_TOOL\]$/m);
  });

  it('continues after an archived recording whose audio is missing', async () => {
    const archive = join(folder, 'archive');
    expect((await analyse('--archive', archive)).stderr).toContain(
      `There is no folder ${archive}: give the folder of recordings with --archive.`,
    );
    await mkdir(archive);
    using catalogue = Catalogue.open(archive);
    const maker = new RecordingMaker(archive);
    for (const partner of ['anna', 'bob', 'carl']) await maker.published(catalogue, partner);
    expect((await analyse('--archive', archive)).code).toBe(0);
    await rm(join(archive, 'calls', 'anna.wav'));
    const { code, stdout, stderr } = await analyse('--archive', archive, '--html', 'drawn');
    expect(code).toBe(1);
    expect(stderr).toMatch(/anna\.wav.* \[ERR_FILE\]$/m);
    expect(stdout).toContain('carl.wav');
    expect(await readdir(join(folder, 'drawn'))).toEqual(['bob.wav.html', 'carl.wav.html']);
  });

  it('analyses encrypted recordings with their key, and reports the result', async () => {
    const identity = await generateX25519Identity();
    await writeFile(join(folder, 'key'), identity);
    const archive = join(folder, 'sealed');
    await mkdir(archive);
    using catalogue = Catalogue.open(archive);
    const { file } = await cardCall(catalogue, 'anna', { encryptTo: [await identityToRecipient(identity)] });
    const without = await analyse('--archive', archive);
    expect(without.stderr).toContain('1 encrypted recordings were skipped: give their key with --identity.');
    expect((await analyse(file)).stderr).toContain(
      'The recording is encrypted: give its key with --identity.',
    );
    const whole = await analyse('--archive', archive, '--identity', 'key', '--json');
    expect(whole.stderr).toContain('The results are not stored');
    const one = await analyse(file, '--identity', 'key', '--json', '--html', 'of-sealed');
    expect([one.code, one.stderr]).toEqual([0, '']);
    // Of the archive it is known what of it was received.
    expect(JSON.parse(one.stdout).talk.transferOffsetsMs).toEqual(
      JSON.parse(whole.stdout).talk.transferOffsetsMs,
    );
    expect(await readdir(join(folder, 'of-sealed'))).toHaveLength(1);
    expect((await readdir(join(archive, 'calls'))).filter((name) => name.includes('analysis'))).toEqual([]);
  });

  it('prints a line of CSV for each call', async () => {
    const { stdout } = await analyse('call.wav', 'other.wav', '--format', 'csv');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(lines.map(([file]) => file)).toEqual(['file', 'call.wav', 'other.wav']);
    expect(new Set(lines.map(({ length }) => length))).toHaveLength(1);
  });
});
