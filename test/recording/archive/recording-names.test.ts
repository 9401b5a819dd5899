import {
  appendFile,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameKey } from '../../../src/files/safe-name.js';
import { verifyRecording } from '../../../src/index.js';
import type { SegmentResult } from '../../../src/recording/file/segment.js';
import { type OutputFormat, publishSegment } from '../../../src/recording/publication/publish.js';
import { recordingFiles, recordingName } from '../../../src/recording/recording-files.js';
import { Catalogue } from '../../../src/recording.js';
import { HOSTILE_NAMES } from '../../files/hostile-names.js';
import { RecordingMaker } from './made-recordings.js';

let folder: string;
let catalogue: Catalogue;
let maker: RecordingMaker;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-names-'));
  catalogue = Catalogue.open(folder);
  maker = new RecordingMaker(folder);
});
afterEach(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

const recorded = (partner: string) => maker.recorded(partner);
const published = (partner: string, outputs: readonly OutputFormat[] = []) =>
  maker.published(catalogue, partner, outputs);

const entryOf = ({ sidecar }: SegmentResult) => catalogue.search({ id: sidecar.id })[0]!;
const filesOf = async (result: SegmentResult) =>
  (await catalogue.filesOf(entryOf(result))).map((path) => relative(join(folder, 'calls'), path)).sort();
const allFiles = () => readdir(join(folder, 'calls'));

describe('the files of a recording', () => {
  it.each([
    [['ann.local', 'ann'], ['legs']],
    [['ann', 'ann.local'], ['legs']],
    [['ann.manifest', 'ann'], []],
    [['ann', 'ann.manifest'], []],
    [['ann', 'ann.json', 'ann.wav', 'ann.flac'], ['flac']],
    [['Ann', 'ann', 'ANN'], ['legs']],
    [['Zoë', 'Zoe\u0308', 'ZOË'], []],
    [['ann_2', 'ann', 'ann', 'ann'], ['legs']],
  ] as [string[], OutputFormat[]][])('are distinct for partners named %j', async (partners, outputs) => {
    const results: SegmentResult[] = [];
    for (const partner of partners) results.push(await published(partner, outputs));
    const owned = await Promise.all(results.map(filesOf));
    expect(owned.flat().sort()).toEqual((await allFiles()).sort());
    expect(new Set(owned.flat().map(nameKey)).size).toBe(owned.flat().length);
    for (const { file } of results) expect(await verifyRecording(file)).toMatchObject({ ok: true });

    // What is under legal hold outlives all others.
    const [held, ...others] = results;
    await catalogue.hold(held!.sidecar.id, 'a case');
    for (const other of others) await catalogue.remove(entryOf(other));
    const hold = `${basename(held!.file, '.wav')}.hold.json`;
    expect((await allFiles()).sort()).toEqual([...owned[0]!, hold].sort());
    expect(await verifyRecording(held!.file)).toMatchObject({ ok: true });
  });

  it('are published for every name in one folder', async () => {
    const results: SegmentResult[] = [];
    for (const name of HOSTILE_NAMES) results.push(await published(name));
    expect(await readdir(folder)).not.toContain('escaped');
    const files = (await Promise.all(results.map(filesOf))).flat();
    expect(files.sort()).toEqual((await allFiles()).sort());
    expect(new Set(files.map(nameKey)).size).toBe(HOSTILE_NAMES.length * 3);
    catalogue.close();
    await rm(join(folder, 'catalogue.sqlite'));
    catalogue = Catalogue.open(folder);
    expect(await catalogue.rebuild()).toMatchObject({ recordings: HOSTILE_NAMES.length, failed: new Map() });
  });

  it('do not replace any other file', async () => {
    const first = await published('ann');
    await catalogue.remove(entryOf(first));
    for (const name of ['ann.json', 'ann_2.manifest.json', 'ANN_3.LOCAL.WAV']) {
      await writeFile(join(folder, 'calls', name), 'mine');
    }
    const { file } = await published('ann', ['legs']);
    expect(file).toBe(join(folder, 'calls', 'ann_4.wav'));
    for (const name of ['ann.json', 'ann_2.manifest.json', 'ANN_3.LOCAL.WAV']) {
      expect(await readFile(join(folder, 'calls', name), 'utf8')).toBe('mine');
    }
  });

  it('keep their names when a publication was killed half-way', async () => {
    const segment = await recorded('ann');
    const options = { folder, template: 'calls/{partner}', outputs: ['legs'] } as const;
    const { link, mkdir } = await import('node:fs/promises');
    await mkdir(join(folder, 'calls'));
    await link(segment.file, join(folder, 'calls', 'ann.wav'));
    await writeFile(join(folder, 'calls', 'ann.json'), 'half');
    const { file } = await publishSegment(segment, options);
    expect(file).toBe(join(folder, 'calls', 'ann.wav'));
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    expect((await allFiles()).length).toBe(5);
  });

  it('are not taken from a tampered sidecar or catalogue', async () => {
    const ann = await published('ann', ['legs']);
    const ben = await published('ben');
    const { outputs = [] } = ann.sidecar;
    const named = ['ben.wav', '../../x.wav', '/etc/passwd', 'annabel.wav', 'ann.local.exe'];
    const more = named.map((file) => ({ ...outputs[0]!, file }));
    await writeFile(ann.sidecarFile, JSON.stringify({ ...ann.sidecar, outputs: [...outputs, ...more] }));
    expect(await filesOf(ann)).toEqual([
      'ann.json',
      'ann.local.wav',
      'ann.manifest.json',
      'ann.remote.wav',
      'ann.wav',
    ]);
    await writeFile(ann.sidecarFile, JSON.stringify(ben.sidecar));
    expect(await filesOf(ann)).toEqual(['ann.wav']);
    await writeFile(ann.sidecarFile, 'damaged');
    expect(await filesOf(ann)).toEqual(['ann.local.wav', 'ann.remote.wav', 'ann.wav']);
    const row = { ...entryOf(ann), file: '../outside.wav' };
    await expect(catalogue.filesOf(row)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('are for their owner only', async () => {
    await published('ann', ['legs', 'flac', 'mp3', 'opus']);
    for (const name of await allFiles()) {
      expect([name, (await stat(join(folder, 'calls', name))).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect((await stat(join(folder, 'calls'))).mode & 0o777).toBe(0o700);
  });
});

it('a recording is published when its folder would have the name of the catalogue or of a recording', async () => {
  await published('ann');
  for (const partner of ['catalogue.sqlite', 'campaigns.sqlite-wal', 'calls', 'ann.wav', 'ann.json']) {
    for (const template of ['{partner}/{call}', 'calls/{partner}/{call}']) {
      const { file } = await publishSegment(await recorded(partner), { folder, template, outputs: [] });
      expect(await verifyRecording(file)).toMatchObject({ ok: true });
    }
  }
});

describe('recordingName', () => {
  it.each([
    ['ann', 'ann'],
    ['ann.local', 'ann_local'],
    ['ann.MANIFEST', 'ann_MANIFEST'],
    ['a.b/ann.wav', 'a.b/ann_wav'],
    ['ann.locals', 'ann.locals'],
    ['+49.30', '+49.30'],
  ])('makes %j into %j', (name, free) => {
    expect(recordingName(name)).toBe(free);
  });

  it('keeps the files of any two recordings apart', () => {
    const names = ['ann', 'ann.local', 'ann.manifest', 'ann.json', 'ann_2'].map(recordingName);
    const outputs = ['.local.wav', '.remote.wav', '.flac'];
    const files = names.flatMap((name) =>
      recordingFiles(`${name}.wav`, {
        outputs: outputs.map((ending) => ({ file: `${name}${ending}`, bytes: 1, sha256: '' })),
      }),
    );
    expect(new Set(files).size).toBe(names.length * 6);
  });
});

describe('the outputs of a recording', () => {
  it('are verified, each by its name: changed, swapped or missing', async () => {
    const [ann, bob] = [await published('ann', ['flac', 'legs']), await published('bob', ['flac', 'legs'])];
    expect((await verifyRecording(ann.file)).findings.map(({ what }) => what)).not.toContain('output');
    const at = (result: SegmentResult, ending: string) => result.file.replace(/\.wav$/, ending);
    await copyFile(at(bob, '.flac'), at(ann, '.flac'));
    await appendFile(at(ann, '.local.wav'), 'x');
    await rm(at(ann, '.remote.wav'));
    const { findings, unchanged } = await verifyRecording(ann.file);
    expect(findings.filter(({ what }) => what === 'output').map(({ text }) => text)).toEqual([
      'ann.flac was changed or replaced.',
      'ann.local.wav was changed or replaced.',
      'ann.remote.wav is missing or cannot be read.',
    ]);
    expect(unchanged).toBe(false);
  });

  it('are never read through a link that leads out of the folder', async () => {
    const ann = await published('ann');
    const outside = await mkdtemp(join(tmpdir(), 'jackfield-outside-'));
    await writeFile(join(outside, 'ann.wav'), 'mine');
    await symlink(outside, join(folder, 'link'));
    await symlink(join(outside, 'ann.wav'), join(folder, 'calls', 'link.wav'));
    const [entry] = catalogue.search({ id: ann.sidecar.id });
    for (const file of ['link/ann.wav', 'calls/link.wav', '../x.wav', '/etc/passwd', 'a\0b.wav']) {
      const hostile = { ...(entry ?? expect.fail()), file };
      await expect(catalogue.remove(hostile)).rejects.toMatchObject({ code: 'ERR_FILE' });
      await expect(catalogue.filesOf(hostile)).rejects.toMatchObject({ code: 'ERR_FILE' });
    }
    expect(await readFile(join(outside, 'ann.wav'), 'utf8')).toBe('mine');
    await rm(outside, { recursive: true });
  });
});
