import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { annotationFile, readAnnotations } from '../../../src/recording/archive/annotation-file.js';
import { Catalogue, transcribeRecordings, verifyRecording } from '../../../src/recording.js';
import { RecordingMaker } from './made-recordings.js';

let folder: string;
const opened: Catalogue[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-annotations-'));
});
afterEach(async () => {
  for (const catalogue of opened.splice(0)) catalogue.close();
  await rm(folder, { recursive: true });
});

async function recorded(...partners: string[]) {
  const catalogue = Catalogue.open(folder);
  opened.push(catalogue);
  const maker = new RecordingMaker(folder);
  const results = [];
  for (const partner of partners) results.push(await maker.published(catalogue, partner));
  return { catalogue, results };
}

const clock = new VirtualClock(Date.UTC(2027, 2, 1));

describe('annotations of a recording', () => {
  it('are found, and the recording still verifies', async () => {
    const { catalogue, results } = await recorded('anna', 'bob');
    const [{ file, sidecar }] = results as [(typeof results)[0]];
    const before = await verifyRecording(file);
    const annotation = {
      tags: { case: 'A-17', number: null },
      note: 'called back',
      transcript: 'the invoice is late',
    };
    expect(await catalogue.annotate(sidecar.id, annotation, { clock })).toBe(1);
    expect(await verifyRecording(file)).toEqual({ ...before, annotations: 'intact' });
    expect(before).toMatchObject({ ok: true, annotations: 'none' });
    for (const text of ['A-17', 'called', 'invoice late', 'invoi*']) {
      expect(
        catalogue.search({ text }).map(({ partner }) => partner),
        text,
      ).toEqual(['anna']);
    }
    expect(catalogue.search({ id: sidecar.id })).toMatchObject([
      {
        tags: { case: 'A-17' },
        notes: [{ at: '2027-03-01T00:00:00.000Z', text: 'called back' }],
        transcript: 'the invoice is late',
      },
    ]);
    expect(catalogue.search({ id: sidecar.id })[0]?.tags).toEqual({ case: 'A-17' });
  });

  it('survive a rebuild of the catalogue, and later additions', async () => {
    const { catalogue, results } = await recorded('anna');
    const { file, sidecar } = results[0]!;
    await catalogue.annotate(sidecar.id, { tags: { mood: 'glad' }, note: 'one' });
    await catalogue.annotate(sidecar.id, { note: 'two', transcript: 'first words' });
    await catalogue.annotate(sidecar.id, { transcript: 'better words' });
    const known = catalogue.search();
    await catalogue.add(file, sidecar);
    expect(catalogue.search()).toEqual(known);
    catalogue.close();
    opened.pop();
    await rm(join(folder, 'catalogue.sqlite'));
    const again = await Catalogue.recovered(folder);
    opened.push(again);
    expect(again.search()).toEqual(known);
    expect(again.search({ text: 'first' })).toEqual([]);
    expect(again.search({ text: 'better two glad' })).toHaveLength(1);
  });

  it('are removed with the recording', async () => {
    const { catalogue, results } = await recorded('anna');
    const { sidecar } = results[0]!;
    await catalogue.annotate(sidecar.id, { note: 'x' });
    const [entry] = catalogue.search();
    const files = await catalogue.filesOf(entry!);
    expect(files.some((path) => path.endsWith('.annotations.jsonl'))).toBe(true);
    await catalogue.remove(entry!);
    await expect(readFile(files.at(-1)!)).rejects.toThrow('ENOENT');
  });

  it('that were tampered with are reported, and cannot be extended', async () => {
    const { catalogue, results } = await recorded('anna');
    const { file, sidecar } = results[0]!;
    for (const note of ['one', 'two', 'three'])
      await catalogue.annotate(sidecar.id, { note, tags: { [note]: note } });
    const path = annotationFile(file);
    const text = await readFile(path, 'utf8');
    const lines = text.trimEnd().split('\n');
    const changes: Record<string, string> = {
      'a line taken out': `${[lines[0], lines[2]].join('\n')}\n`,
      'lines in another order': `${[lines[1], lines[0], lines[2]].join('\n')}\n`,
      'a line twice': `${[lines[0], lines[0], ...lines.slice(1)].join('\n')}\n`,
      'a line of another recording': text.replace(/"id":"[^"]+"/, '"id":"x"'),
      'no JSON': text.replace('{', '['),
    };
    for (const [what, changed] of Object.entries(changes)) {
      await writeFile(path, changed);
      expect((await verifyRecording(file)).annotations, what).toBe('changed');
      await expect(catalogue.annotate(sidecar.id, { note: 'four' }), what).rejects.toMatchObject({
        code: 'ERR_INVALID_STATE',
      });
    }
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom('a', '7', '"', ' '), (at, character) => {
        const bent = text.slice(0, at) + character + text.slice(at + 1);
        if (bent === text) return true;
        const same = (() => {
          try {
            return (
              JSON.stringify(bent.split('\n').map((each) => each && JSON.parse(each))) ===
              JSON.stringify(text.split('\n').map((each) => each && JSON.parse(each)))
            );
          } catch {
            return false;
          }
        })();
        return same || faultOf(bent, path, file, sidecar) !== undefined;
      }),
      { numRuns: 60 },
    );
  });

  it('continue after a line that a killed process left unfinished', async () => {
    const { catalogue, results } = await recorded('anna');
    const { file, sidecar } = results[0]!;
    await catalogue.annotate(sidecar.id, { note: 'one' });
    const path = annotationFile(file);
    const whole = (await readFile(path)).length;
    await catalogue.annotate(sidecar.id, { note: 'two' });
    for (const cut of [1, 10, 50]) {
      await truncate(path, whole + cut).catch(() => undefined);
      expect((await verifyRecording(file)).annotations).toBe('intact');
      await catalogue.annotate(sidecar.id, { note: `after ${cut}` });
      expect(catalogue.search()[0]?.notes?.map(({ text }) => text)).toEqual(['one', `after ${cut}`]);
    }
  });

  it('of two processes at once are all kept', async () => {
    const { catalogue, results } = await recorded('anna');
    const { sidecar } = results[0]!;
    const other = Catalogue.open(folder);
    opened.push(other);
    const notes = Array.from({ length: 20 }, (_, index) => `note${index}`);
    await Promise.all(
      notes.map((note, index) => (index % 2 ? other : catalogue).annotate(sidecar.id, { note })),
    );
    expect(catalogue.search()[0]?.notes).toHaveLength(20);
  });

  it.each([[{ tag: {} }], [{ tags: { a: 1 } }], [{ note: '' }], [{ transcript: 5 }]])(
    '%j is refused',
    async (wrong) => {
      const { catalogue } = await recorded('anna');
      await expect(catalogue.annotate('recording-0001', wrong as object)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG',
      });
    },
  );
});

/** The fault of a file with this text; the file is as it was afterwards. */
function faultOf(text: string, path: string, file: string, recording: { id: string; segment: number }) {
  const before = readFileSync(path);
  writeFileSync(path, text);
  try {
    return readAnnotations(file, recording).fault;
  } finally {
    writeFileSync(path, before);
  }
}

describe('transcripts of recordings', () => {
  it('are made by the same engine as for voicemails, leg by leg, once', async () => {
    const { catalogue } = await recorded('anna', 'bob');
    const asked: (string | undefined)[] = [];
    const transcriber = {
      name: 'parrot',
      async transcribe({ samples, language }: { samples: AsyncIterable<Int16Array>; language?: string }) {
        let length = 0;
        for await (const each of samples) length += each.length;
        asked.push(language);
        return { text: asked.length % 2 === 1 ? `said ${length}` : 'heard' };
      },
    };
    const told: unknown[] = [];
    const options = {
      transcriber,
      language: 'en',
      onRecording: ({ partner }: { partner: string }) => told.push(partner),
    };
    expect(await transcribeRecordings(catalogue, options)).toBe(2);
    expect(catalogue.search({ text: 'said heard' })).toHaveLength(2);
    expect(catalogue.search()[0]?.transcript).toBe('local: said 1600\nremote: heard');
    expect(await transcribeRecordings(catalogue, options)).toBe(0);
    expect([asked.length, told]).toEqual([4, ['anna', 'bob']]);
  });

  it('are tried again at the next run when the engine fails', async () => {
    const { catalogue } = await recorded('anna');
    const errors: (string | undefined)[] = [];
    const transcriber = { name: 'broken', transcribe: () => Promise.reject(new Error('no model')) };
    const options = { transcriber, onRecording: (_: unknown, error?: Error) => errors.push(error?.message) };
    expect(await transcribeRecordings(catalogue, options)).toBe(0);
    expect(errors).toEqual(['no model']);
    expect(catalogue.search()[0]?.transcript).toBeUndefined();
  });
});
