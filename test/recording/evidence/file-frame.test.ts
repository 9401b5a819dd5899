import { generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyRecording, WavReader } from '../../../src/index.js';
import { fileFrameOf } from '../../../src/recording/evidence/file-frame.js';
import { manifestOf } from '../../../src/recording/evidence/manifest.js';
import { SealedFile } from '../../../src/recording/sealed/sealed-file.js';
import { openSealed, type VerifyReport } from '../../../src/recording.js';
import { RecordingMaker } from '../archive/made-recordings.js';

let folder: string;
let file: string;
let bytes: Buffer;
let dataOffset: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-frame-'));
  ({ file } = await new RecordingMaker(folder).recorded('ann'));
  bytes = await readFile(file);
  await using reader = await WavReader.open(file);
  ({ dataOffset } = reader.layout);
});
afterEach(() => rm(folder, { recursive: true }));

const manifestFile = () => file.replace(/\.wav(\.age)?$/, '.manifest.json');
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const whatOf = ({ findings }: VerifyReport) => findings.map(({ what }) => what);

describe('the bytes of a recording that are not samples', () => {
  it('are all covered: a change to any byte of the header is found', async () => {
    const silent: number[] = [];
    for (let at = 0; at < dataOffset; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      await writeFile(file, changed);
      const ok = await verifyRecording(file).then(
        (report) => report.ok,
        (error) => (error.code === 'ERR_WAV' ? false : Promise.reject(error)),
      );
      if (ok) silent.push(at);
    }
    expect(silent).toEqual([]);
  });

  it.each([
    ['one byte', Buffer.from('x')],
    ['a chunk', Buffer.from('LIST\x04\0\0\0INFO')],
    ['a tag', Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])],
    ['sound', Buffer.alloc(4000, 7)],
  ])('after the audio are found: %s', async (_, more) => {
    await appendFile(file, more);
    const report = await verifyRecording(file);
    expect(whatOf(report)).toContain('file');
    // A header that counts them is another header.
    const handle = await open(file, 'r+');
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length + more.length - 8);
    await handle.write(size, 0, 4, 4);
    await handle.close();
    expect(whatOf(await verifyRecording(file))).toContain('file');
  });

  it('are not covered by a manifest of version 1, which verifies as before, with a note', async () => {
    const { frame: _, ...rest } = await readJson(manifestFile());
    await writeFile(manifestFile(), JSON.stringify({ ...rest, schema: 'jackfield.manifest/1' }));
    expect(await verifyRecording(file)).toMatchObject({ ok: true, covers: 'samples' });
    await writeFile(manifestFile(), JSON.stringify({ ...rest, schema: 'jackfield.manifest/2' }));
    await expect(verifyRecording(file)).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
  });

  it('are signed: a manifest that is set back to version 1, or leaves out more, is invalid', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { schema: _, chain: __, sidecar: ___, ...facts } = await readJson(manifestFile());
    const sidecarText = await readFile(file.replace(/wav$/, 'json'), 'utf8');
    const manifest = manifestOf({ ...facts, sidecarText }, privateKey);
    await writeFile(manifestFile(), JSON.stringify(manifest));
    expect(await verifyRecording(file, { publicKey })).toMatchObject({ ok: true, covers: 'file' });
    const { frame: ____, ...older } = manifest;
    await writeFile(manifestFile(), JSON.stringify({ ...older, schema: 'jackfield.manifest/1' }));
    expect(await verifyRecording(file, { publicKey })).toMatchObject({ signed: 'invalid', ok: false });
    const frame = { ...manifest.frame, bytes: 0 };
    await writeFile(manifestFile(), JSON.stringify({ ...manifest, frame }));
    expect(await verifyRecording(file, { publicKey })).toMatchObject({ signed: 'invalid', ok: false });
    expect(whatOf(await verifyRecording(file))).toContain('file');
  });

  it('are all covered in an encrypted file; for a decrypted copy the report says that only the samples are', async () => {
    const identity = await generateIdentity();
    const samples = new Int16Array(
      bytes.buffer.slice(bytes.byteOffset + dataOffset, bytes.byteOffset + bytes.length),
    );
    const sealed = file.replace(/wav$/, 'wav.age');
    const store = await SealedFile.create(sealed, [await identityToRecipient(identity)]);
    await store.final(samples);
    await store.close();
    const manifest = { ...(await readJson(manifestFile())), frame: await fileFrameOf(sealed, 1600) };
    await writeFile(manifestFile(), JSON.stringify(manifest));
    const verify = () => verifyRecording(sealed, { samples: openSealed(sealed, identity) });
    expect(await verify()).toMatchObject({ ok: true, covers: 'file' });
    expect(await verifyRecording(file)).toMatchObject({ ok: true, covers: 'samples' });
    // The same samples, encrypted again.
    const again = await SealedFile.create(sealed, [await identityToRecipient(identity)]);
    await again.final(samples);
    await again.close();
    expect(whatOf(await verify())).toEqual(['file']);
  });
});
