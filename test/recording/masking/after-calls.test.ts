import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { type AfterCallsOptions, Catalogue, listOutbox, Recorder } from '../../../src/recording.js';
import { engine, recordedCall } from './card-call.js';

const clock = new VirtualClock(Date.UTC(2020, 0, 1));
const PHRASES = [{ phrase: "mother's maiden name", edits: 2 }];
/** Nobody answers there: news waits in the outbox. */
const WEBHOOK = { url: 'http://127.0.0.1:9/', secret: 'x'.repeat(32) };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-after-calls-'));
  await mkdir(join(folder, '.recording'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What becomes of what lies there, from the start of a recorder to its end. */
async function run(afterCalls: AfterCallsOptions | undefined, options = {}) {
  const told: string[] = [];
  await using recorder = await Recorder.open({
    ...{ folder, clock, template: '{partner}', webhook: WEBHOOK, ...options },
    ...(afterCalls && { afterCalls }),
  });
  recorder.on('published', () => told.push('published'));
  recorder.on('transcribed', ({ file }) => told.push(`transcribed ${file}`));
  recorder.on('masked', ({ file }, { masking }) => told.push(`masked ${file} ${masking?.spans.length}`));
  recorder.on('undone', (file, { message }) => told.push(`undone ${file}: ${message}`));
  recorder.on('failed', ({ message }) => told.push(`failed: ${message}`));
  await recorder.close();
  return told;
}

const recorded = (name = 'ann') => recordedCall(join(folder, '.recording', `${name}.wav`), name);
const news = async () =>
  (await listOutbox(join(folder, '.outbox'))).map(({ event }) => JSON.stringify(event));
const left = () => readdir(join(folder, '.after-calls'));
const broken = { ...engine(), name: 'broken', transcribe: () => Promise.reject(new Error('no ears')) };

describe('once a call is over', () => {
  it('its recording is transcribed and masked, and only then announced', async () => {
    await recorded();
    expect(await run({ transcriber: engine(), mask: { phrases: PHRASES } })).toEqual([
      ...['published', 'transcribed ann.wav', 'masked ann.wav 3'],
    ]);
    using catalogue = Catalogue.open(folder);
    const [entry] = catalogue.search();
    expect(entry?.transcript).toContain('[masked]');
    expect(entry?.transcript).not.toContain('four one one one');
    expect(await left()).toEqual([]);
    const [event, ...others] = await news();
    expect(others).toEqual([]);
    expect(event).toContain('recording.finished');
    expect(event).toContain('"maskings"');
    expect(event).not.toMatch(/4111/);
  });

  it('a recording that is only transcribed is announced at once, for any result of the engine', async () => {
    await recorded();
    expect(await run({ transcriber: broken })).toEqual(['published', 'undone ann.wav: no ears']);
    expect(await news()).toEqual([expect.stringContaining('recording.finished')]);
    expect(await left()).toHaveLength(1);
  });

  it('a recording whose masking failed is not announced, stays as it was, and is masked in the next run, with other calls', async () => {
    await recorded();
    expect(await run({ transcriber: broken, mask: {} })).toEqual(['published', 'undone ann.wav: no ears']);
    expect(await news()).toEqual([]);
    // Nor is it by one that does not mask any more.
    expect(await run(undefined)).toEqual([expect.stringMatching(/^failed: \d+ recordings wait/)]);
    expect(await run({ transcriber: engine() })).toEqual([
      ...['transcribed ann.wav', expect.stringContaining('undone ann.wav: ann.wav was to be masked')],
    ]);
    expect(await news()).toEqual([]);
    await recorded('ben');
    expect((await run({ transcriber: engine(), mask: {} })).sort()).toEqual([
      ...['masked ann.wav 2', 'masked ben.wav 2', 'published', 'transcribed ben.wav'],
    ]);
    expect(await left()).toEqual([]);
    const told = (await news()).join();
    expect(told.match(/recording.finished/g)).toHaveLength(2);
    expect(told).not.toMatch(/4111/);
  });

  it('masking is tried again with another configuration', async () => {
    await recorded();
    const options = { folder, clock, template: '{partner}' };
    const { signingKey } = { signingKey: generateKeyPairSync('ed25519').privateKey };
    const told: string[] = [];
    await using recorder = await Recorder.open({ ...options, afterCalls: { transcriber: broken, mask: {} } });
    const undone = new Promise((resolve) => recorder.on('undone', resolve));
    recorder.on('masked', ({ file }) => told.push(file));
    await undone;
    expect(recorder.masksKeys).toBe(true);
    expect(recorder.withoutSecrets('says 4111 1111 1111 1111')).toBe('says [masked]');
    expect(recorder.withoutSecrets('transfers to 0301234')).toBe('transfers to 0301234');
    expect(recorder.withoutSecrets('gathered 41 (length)', true)).toBe('gathered ** (length)');
    expect(recorder.withoutSecrets('gathered “four one one one” (silence)', true)).toBe(
      'gathered “[masked]” (silence)',
    );
    await recorder.configure({ ...options, signingKey, afterCalls: { mask: {} } });
    await recorder.close();
    expect(told).toEqual(['ann.wav']);
    expect(await left()).toEqual([]);
  });

  it('nothing is announced while the list of waiting recordings cannot be read', async () => {
    await recorded();
    const mask = { phrases: PHRASES };
    await run({ transcriber: broken, mask });
    const [note = ''] = await left();
    const path = join(folder, '.after-calls', note);
    const text = await readFile(path);
    const unread = [expect.stringMatching(/^undone \.after-calls: Cannot read .*\.after-calls/)];
    await rm(path);
    await mkdir(path);
    expect(new Set(await run({ transcriber: engine(), mask }))).toEqual(new Set(unread));
    await rm(join(folder, '.after-calls'), { recursive: true });
    await writeFile(join(folder, '.after-calls'), text);
    expect(new Set(await run({ transcriber: engine(), mask }))).toEqual(new Set(unread));
    expect(await run(undefined)).toEqual([expect.stringMatching(/^failed: Cannot read/)]);
    expect(await news()).toEqual([]);
    await rm(join(folder, '.after-calls'));
    await mkdir(join(folder, '.after-calls'));
    await writeFile(path, text);
    expect(await run({ transcriber: engine(), mask })).toContain('masked ann.wav 3');
    expect(await news()).toHaveLength(1);
  });
  it('a recording that was removed meanwhile is not announced', async () => {
    await recorded();
    await run({ transcriber: broken, mask: {} });
    using catalogue = Catalogue.open(folder);
    for (const entry of catalogue.search()) await catalogue.remove(entry);
    expect(await run({ mask: {} })).toEqual([]);
    expect([await news(), await left()]).toEqual([[], []]);
  });

  it.each([
    ['phrases without an engine', { afterCalls: { mask: { phrases: PHRASES } } }, /transcriber/],
    ['no catalogue', { afterCalls: { mask: {} }, catalogue: false }, /catalogue/],
    [
      'no key for what is encrypted',
      { afterCalls: { mask: {} }, recording: { encryptTo: [`age1${'q'.repeat(58)}`] } },
      /identity/,
    ],
  ])('%s is refused at once', async (_what, options, message) => {
    await expect(Recorder.check({ folder, ...options })).rejects.toThrow(message);
    expect(existsSync(join(folder, '.after-calls'))).toBe(false);
  });
});
