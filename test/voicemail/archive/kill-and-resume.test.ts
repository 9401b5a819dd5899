import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { archiveVoicemails, VoicemailArchive } from '../../../src/index.js';
import { Line, samplesOf, tone } from '../line.js';

const DIST = resolve('dist/index.js');
/** What is seen on the wire at each step of one message; the process is killed when it comes. */
const STEPS = [
  /SEARCH VOICEMAILS/,
  /ALTER VOICEMAIL \d+ DOWNLOAD/,
  /STATUS UNPLAYED/,
  /SET_OUTPUT PORT/,
  /STARTPLAYBACK/,
  /STATUS PLAYING/,
  /STATUS PLAYED/,
  /SETUNPLAYED/,
  // The end of the redirection: the audio is being stored from here on.
  /SET_OUTPUT$/,
  /ALTER VOICEMAIL \d+ DELETE/,
  /STATUS DELETING/,
];
const COUNT = 8;

/** What happens while one message is stored, in this order; the process kills itself there. */
const STORING = [
  'before the audio has its name',
  'after the audio has its name',
  'before the sidecar has its name',
  'after the sidecar has its name',
  'before the catalogue knows of it',
  'after the catalogue knows of it',
];

/** Archives with originals deleted, tells each line of the wire, and kills itself at a step of storing. */
const CHILD = `
  import fs from 'node:fs/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const [dist, port, root, killAt] = process.argv.slice(1);
  const passed = (step) => step === killAt && process.kill(process.pid, 'SIGKILL');
  const { rename } = fs;
  fs.rename = async (from, to) => {
    const what = to.endsWith('.wav') ? 'audio' : 'sidecar';
    passed('before the ' + what + ' has its name');
    await rename(from, to);
    passed('after the ' + what + ' has its name');
  };
  syncBuiltinESMExports();
  const { attach, TcpTransport, PcmServer, VoicemailArchive, archiveVoicemails } = await import(dist);
  const client = await attach(new TcpTransport({ port: Number(port) }));
  client.on('trace', (line) => process.stdout.write(JSON.stringify(line) + '\\n'));
  const archive = await VoicemailArchive.open(root);
  const store = archive.catalogue.store.bind(archive.catalogue);
  archive.catalogue.store = (...outcome) => {
    passed('before the catalogue knows of it');
    const orphan = store(...outcome);
    passed('after the catalogue knows of it');
    return orphan;
  };
  await archiveVoicemails(client, archive, { route: { server: new PcmServer() }, deleteOriginals: true });
  process.exit();`;

let line: Line;
beforeAll(() => {
  if (!existsSync(DIST)) throw new Error('Build first: npm run build.');
});
beforeEach(async () => {
  line = await Line.open();
});
afterEach(() => line[Symbol.asyncDispose]());

it('is killed at each step of the wire, and the next run goes on: none lost, none twice', {
  timeout: 120_000,
}, async () => {
  const { root, port } = await prepare();
  const killedAt: string[] = [];
  for (const step of STEPS) {
    const child = archiveIn(port, root);
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
      const found = seen.split('\n').find((each) => step.test(textOf(each)));
      if (found !== undefined && child.kill('SIGKILL')) killedAt.push(String(step));
    });
    await line.during(once(child, 'exit'));
  }
  expect(new Set(killedAt).size).toBe(STEPS.length);
  await expectAll(root);
});

it('is killed at each step of storing, and the next run goes on: none lost, none twice', {
  timeout: 120_000,
}, async () => {
  const { root, port } = await prepare();
  for (const step of STORING) {
    const child = archiveIn(port, root, step);
    child.stdout.resume();
    const [, signal] = await line.during(once(child, 'exit'));
    expect([step, signal]).toEqual([step, 'SIGKILL']);
    // What the catalogue calls stored is there, whole.
    await using archive = await VoicemailArchive.open(root);
    const { faults } = await archive.verify();
    expect(faults.filter(({ kind }) => kind !== 'stray')).toEqual([]);
  }
  await expectAll(root);
});

async function prepare(): Promise<{ root: string; port: number }> {
  for (let i = 0; i < COUNT; i++) {
    const file = await line.wav(`${i}.wav`, 100, 300 + 50 * i);
    await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, i) });
  }
  return { root: join(line.folder, 'archive'), port: await line.exchange.listen({ handle: 'jack' }) };
}

function archiveIn(port: number, root: string, killAt = '') {
  const args = ['--input-type=module', '-e', CHILD, pathToFileURL(DIST).href, String(port), root, killAt];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** One more run, which nobody kills, has everything; each message once, and every original gone. */
async function expectAll(root: string): Promise<void> {
  const client = await line.client();
  await using archive = await VoicemailArchive.open(root);
  await archive.sweep();
  const route = { server: line.server };
  const report = await line.during(archiveVoicemails(client, archive, { route, deleteOriginals: true }));
  expect(report.failed).toEqual([]);
  const messages = [...archive.find()];
  expect(messages.map(({ state, complete }) => [state, complete])).toEqual(
    Array(COUNT).fill(['stored', true]),
  );
  for (const [index, message] of messages.entries()) {
    expect(await samplesOf(archive.audioFile(message) ?? '')).toEqual(tone(100, 300 + 50 * index));
  }
  expect(messages.every(({ original }) => original !== 'kept')).toBe(true);
  expect(await archive.verify()).toMatchObject({ checked: COUNT, unstored: 0, faults: [] });
  expect(await readdir(join(root, '.partial'))).toEqual([]);
}

function textOf(line: string): string {
  try {
    return (JSON.parse(line) as { readonly line: string }).line;
  } catch {
    // The last piece of a chunk is no whole line yet.
    return '';
  }
}
