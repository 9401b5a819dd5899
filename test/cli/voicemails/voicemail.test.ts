import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  attach,
  collectSamples,
  Exchange,
  TcpTransport,
  toneSamples,
  WavReader,
  WavWriter,
} from '../../../src/index.js';
import { CommandHost } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
const host = new CommandHost();
const SPEECH = 'test/fixtures/speech/goforward.wav';

let folder: string;
let exchange: Exchange;
let [jack, anna] = [0, 0];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-voicemail-'));
  const greeting = join(folder, 'greeting.wav');
  await using wav = await WavWriter.create(greeting);
  await wav.write(toneSamples({ frequency: 500, durationMs: 200 }));
  exchange = await Exchange.start({
    users: [{ handle: 'jack' }, { handle: 'anna', greeting }],
    fileRoots: [folder],
  });
  jack = await exchange.listen({ handle: 'jack' });
  anna = await exchange.listen({ handle: 'anna' });
  await exchange.deposit({ to: 'jack', from: { handle: 'anna', fullName: 'Anna \u001b[2J' }, file: SPEECH });
});
afterAll(async () => {
  host[Symbol.dispose]();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Resolves to what the command prints. @throws with what it says of a failure. */
async function voicemail(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.run(['voicemail', ...args]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

it('leaves and plays messages, lists them, and sets the greeting', { timeout: 60_000 }, async () => {
  const message = join(folder, 'message.wav');
  await using wav = await WavWriter.create(message);
  await wav.write(toneSamples({ frequency: 700, durationMs: 600 }));
  await wav.close();
  const left = await voicemail(
    'leave',
    'anna',
    '--attach',
    `tcp:${jack}`,
    '--file',
    message,
    '--skip-greeting',
    '--json',
  );
  const lines = left
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(lines.at(-1)).toMatchObject({ sent: expect.any(Number) });
  const listed = await voicemail('list', '--attach', `tcp:${anna}`, '--json');
  const { id, partner } = JSON.parse(listed);
  expect(partner).toBe('jack');
  const out = join(folder, 'out.wav');
  await voicemail('play', String(id), '--attach', `tcp:${anna}`, '--out', out);
  await using reader = await WavReader.open(out);
  expect((await collectSamples(reader)).length).toBeGreaterThanOrEqual(9600);
  expect(await voicemail('list', '--attach', `tcp:${jack}`)).toMatch(/INCOMING {2}anna \(Anna \\u001b\[2J\)/);
  await voicemail('greeting', '--attach', `tcp:${jack}`, '--record', message);
  const greeting = join(folder, 'heard.wav');
  await voicemail('greeting', '--attach', `tcp:${anna}`, '--of', 'jack', '--out', greeting);
  await using heard = await WavReader.open(greeting);
  expect((await collectSamples(heard)).length).toBeGreaterThanOrEqual(9600);
});

it('archives, finds, verifies, transcribes, exports and purges messages', { timeout: 60_000 }, async () => {
  const root = join(folder, 'archive');
  const first = await voicemail('archive', '--attach', `tcp:${jack}`, '--out', root, '--json');
  const report = JSON.parse(first.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({ account: 'jack', failed: [] });
  expect(report.stored).toBe(report.listed);
  expect(await voicemail('archive', '--attach', `tcp:${jack}`, '--out', root)).toMatch(
    /0 stored .* \d known/,
  );
  expect(JSON.parse(await voicemail('verify', '--in', root, '--json'))).toMatchObject({
    faults: [],
    unstored: 0,
  });
  const words = ['-e', 'console.log("go forward ten meters")', '{file}'];
  await voicemail('transcribe', '--in', root, '--', process.execPath, ...words);
  expect(await voicemail('find', '--in', root, 'forward', 'meters')).toMatch(/anna/);
  const csv = join(folder, 'out.csv');
  await voicemail('export', csv, '--in', root, '--format', 'csv');
  expect(await readFile(csv, 'utf8')).toContain('go forward ten meters');
  expect(await voicemail('purge', '--in', root, '--max-bytes', '0', '--dry-run')).toMatch(/would be removed/);
});

it('encrypts, transcribes incoming messages, sets tags and legal holds, and reports errors', {
  timeout: 120_000,
}, async () => {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const root = join(folder, 'sealed');
  const identity = await generateX25519Identity();
  const keyFile = join(folder, 'key.txt');
  await writeFile(keyFile, `# a key\n${identity}\n`);
  const script = 'process.stdin.resume().on("end", () => console.log("boat on monday"))';
  const engine = ['--', process.execPath, '-e', script];
  const options = ['--out', root, '--encrypt', await identityToRecipient(identity), '--tag', 'case 12'];
  await voicemail('archive', '--attach', `tcp:${jack}`, ...options, ...engine);
  const found = JSON.parse((await voicemail('find', '--in', root, '--json', 'boat')).split('\n')[0] ?? '');
  expect(found).toMatchObject({ transcript: 'boat on monday', tags: ['case 12'] });
  expect(found.audio.path).toMatch(/\.wav\.age$/);
  const checked = await voicemail('verify', '--in', root, '--identity', keyFile, '--json');
  expect(JSON.parse(checked)).toMatchObject({ faults: [] });
  expect(await voicemail('hold', String(found.key), '--in', root, '--reason', 'case 12')).toMatch(
    /held: case 12/,
  );
  expect(await voicemail('find', '--in', root, '--held')).toMatch(/held: case 12/);
  expect(await voicemail('tag', String(found.key), 'boat', '--in', root)).toMatch(/boat/);
  const mails = join(folder, 'held.mbox');
  expect(await voicemail('export', mails, '--in', root, '--held', '--format', 'mbox')).toMatch(
    /: 1 messages/,
  );
  await expect(voicemail('find', '--in', join(folder, 'nowhere'))).rejects.toThrow(
    /not an archive of voicemails/,
  );
  await expect(voicemail('purge', '--in', root)).rejects.toThrow(/--max-age/);
  await expect(voicemail('play', '4711', '--attach', `tcp:${jack}`)).rejects.toThrow(/no voicemail 4711/);
  const inCall = voicemail('play', '1', '--in-call', '--attach', `tcp:${jack}`);
  await expect(inCall).rejects.toThrow(/no call in progress|no voicemail/);
});

it('reports errors before it begins', { timeout: 60_000 }, async () => {
  const root = join(folder, 'never');
  const to = ['--attach', `tcp:${jack}`];
  const wrong: [string[], RegExp][] = [
    [['archive', ...to, '--out', root, '--concurrency', '65'], /whole number from 1 to 64/],
    [['archive', ...to, '--out', root, '--via', join(folder, 'nowhere')], /Cannot read the folder/],
    [['archive', ...to, '--out', root, '--', 'no-such-engine'], /Cannot run no-such-engine/],
    [['leave', 'anna', ...to, '--max', '0'], /whole number from 1 to 3600/],
    [['play', '1', ...to, '--in-call', '--out', 'x.wav'], /cannot be used with/],
    [['greeting', ...to, '--record', '--of', 'anna'], /cannot be used with/],
    [['answer', ...to, '--in', root, '--greeting', join(folder, 'nowhere.wav')], /ERR_FILE/],
    [['answer', ...to, '--in', root, '--hook', '/no/such/hook'], /Cannot run \/no\/such\/hook/],
  ];
  await Promise.all(wrong.map(([args, why]) => expect(voicemail(...args)).rejects.toThrow(why)));
});

it('answers calls, keeps the messages, and reports them', { timeout: 60_000 }, async () => {
  const root = join(folder, 'answered');
  const config = join(folder, 'answer.json');
  await writeFile(config, JSON.stringify({ silenceMs: 1000, rules: [{ callers: ['j*'], afterMs: 0 }] }));
  const args = ['answer', '--attach', `tcp:${anna}`, '--in', root, '--config', config, '--json'];
  const child = spawn(process.execPath, [MAIN, 'voicemail', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('answering')) await once(child.stdout, 'data');
  await using client = await attach(new TcpTransport({ port: jack }));
  const call = await client.call('anna');
  while (!said.includes('subject')) await once(child.stdout, 'data');
  await call.ended();
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
  const [begun, notice] = said
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(begun).toEqual({ answering: 'anna', afterMs: 20_000 });
  expect(notice).toMatchObject({ account: 'anna', caller: { handle: 'jack' } });
  expect(await voicemail('find', '--in', root)).toMatch(/INCOMING {2}jack .* stored/);
  await writeFile(config, '{ "rules": [{ "afterMs": -1 }], "hok": 1 }');
  await expect(voicemail(...args)).rejects.toThrow(/"hok"[\s\S]*rules\[0\]\.afterMs/);
});
