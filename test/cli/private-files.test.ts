import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attach, type Client, TcpTransport } from '../../src/index.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const SPEECH = join(process.cwd(), 'test/fixtures/speech/goforward.wav');

/** A process of the command under a umask, in a folder. */
class Command {
  readonly child: ChildProcess;
  printed = '';

  constructor(umask: string, cwd: string, args: readonly string[]) {
    // A umask belongs to a process, and a test runs in a thread.
    const shell = ['-c', 'umask "$0"; exec "$@"', umask, process.execPath, MAIN, ...args];
    this.child = spawn('sh', shell, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
        this.child.emit('printed');
      });
    }
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.printed);
      if (match) return match;
      if (this.child.exitCode !== null) throw new Error(`it ended without ${pattern}: ${this.printed}`);
      await Promise.race([once(this.child, 'printed'), once(this.child, 'exit')]);
    }
  }

  async ended(): Promise<void> {
    const [code] = this.child.exitCode === null ? await once(this.child, 'close') : [this.child.exitCode];
    if (code !== 0) throw new Error(`code ${code}: ${this.printed}`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended();
  }
}

const FLOW = `
name: Message box
steps:
  take: { do: record, ask: { tone: 300, ms: 200 }, folder: "messages/{caller}", silenceMs: 500, maxMs: 1000 }
`;

const SCENARIO = { users: [{ handle: 'the.bot' }], robots: [{ handle: 'anna', rings: 100 }] };

let folder: string;
let identity: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-modes-'));
  await chmod(folder, 0o755);
  identity = await generateIdentity();
  const given: Record<string, string> = {
    'flow.yaml': FLOW,
    'scenario.json': JSON.stringify(SCENARIO),
    'list.csv': 'target\nanna\n',
    'age.key': identity,
  };
  for (const [name, text] of Object.entries(given)) await writeFile(join(folder, name), text);
});
afterEach(() => rm(folder, { recursive: true }));

const GIVEN = new Set(['flow.yaml', 'scenario.json', 'list.csv', 'age.key']);

/** What others may do with what is in the folder, for all that somebody may do something with. */
async function open(): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    if (!GIVEN.has(relative(folder, path)) && (mode & 0o077) !== 0) {
      found.push(`${(mode & 0o777).toString(8)} ${relative(folder, path)}`);
    }
  }
  return found.sort();
}

async function filesIn(...path: string[]): Promise<string[]> {
  const entries = await readdir(join(folder, ...path), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe.skipIf(process.platform === 'win32').each(['022', '000'])('under the umask %s', (umask) => {
  const jackfield = async (...args: string[]) => {
    const command = new Command(umask, folder, args);
    await command.ended();
    return command.printed;
  };

  it('commands that work on files and by themselves write for their owner alone', async () => {
    await jackfield('demo', '--fast', '--out', 'demo');
    for (const ending of ['wav', 'flac', 'mp3', 'opus']) {
      await jackfield('wav', 'convert', SPEECH, `speech.${ending}`);
    }
    await jackfield('wav', 'trim', SPEECH, 'part.wav', '--end', '0.2');
    await jackfield('wav', 'mix', SPEECH, SPEECH, '--output', 'mixed.wav');
    await jackfield('wav', 'draw', SPEECH, '--output', 'drawn.png');
    await jackfield('ivr', 'draw', 'flow.yaml', '--out', 'flow.svg');
    await jackfield('ivr', 'try', 'flow.yaml', '--keys', ',,,', '--cache', 'cache', '--messages', '.');
    const campaign = ['--flow', 'flow.yaml', '--attach', 'exchange:scenario.json', '--speech', 'melody'];
    await jackfield('campaign', 'run', 'list.csv', ...campaign, '--per-minute', '6000', '--attempts', '1');
    expect(await open()).toEqual([]);
    expect(await filesIn('demo')).not.toEqual([]);
    expect(await filesIn('messages')).toHaveLength(2);
    expect(await filesIn()).toEqual(
      expect.arrayContaining(['part.wav', 'mixed.wav', 'drawn.png', 'flow.svg']),
    );
  }, 180_000);

  it('commands on an endpoint, and the endpoint, write for their owner alone', async () => {
    const to = await identityToRecipient(identity);
    const args = [
      '--tcp',
      '0',
      '--user',
      'jack',
      'anna',
      '--state',
      'state',
      '--record',
      'tape',
      '--files',
      '.',
    ];
    const exchange = new Command(umask, folder, ['exchange', ...args, '--json']);
    const portOf = async (handle: string) =>
      Number((await exchange.until(new RegExp(`"handle":"${handle}","port":(\\d+)`)))[1]);
    const at = ['--attach', `tcp:${await portOf('jack')}`];
    const anna = ['--attach', `tcp:${await portOf('anna')}`];

    const formats = ['--encode', 'live', '--format', 'flac', 'legs'];
    const clear = new Command(umask, folder, ['record', ...at, '--json', '--out', 'calls', ...formats]);
    const sealed = new Command(umask, folder, [
      'record',
      ...anna,
      '--json',
      '--out',
      'sealed',
      '--encrypt',
      to,
    ]);
    await Promise.all([clear.until(/"ready"/), sealed.until(/"ready"/)]);
    const clients: Client[] = [];
    for (const handle of ['jack', 'anna']) {
      clients.push(await attach(new TcpTransport({ port: await portOf(handle) })));
    }
    const calls = await Promise.all(clients.map((client) => client.call('echo123')));
    await Promise.all([clear, sealed].map((recorder) => recorder.until(/"positionMs":[1-9]\d{3}/)));
    // What is written while calls go on.
    expect(await open()).toEqual([]);
    await Promise.all(calls.map((call) => call.hangUp()));
    await Promise.all([clear.until(/"published"/), sealed.until(/"published"/)]);
    await Promise.all([...clients.map((client) => client.close()), clear.stop(), sealed.stop()]);
    for (const [out, id] of [['calls'], ['sealed', '--identity', 'age.key']].map(
      ([name = '', ...more]) => [name, more] as const,
    )) {
      const list = JSON.parse(await jackfield('recordings', 'list', '--out', out, '--json')) as {
        id: string;
      }[];
      const [recording] = [list].flat();
      await jackfield(
        'recordings',
        'export',
        recording?.id ?? '',
        '--out',
        out,
        '--to',
        `exported-${out}`,
        ...id,
      );
    }

    await jackfield('voicemail', 'leave', 'anna', ...at, '--file', SPEECH, '--skip-greeting');
    await jackfield('voicemail', 'archive', ...anna, '--out', 'archive');
    for (const format of ['zip', 'csv', 'mbox']) {
      await jackfield('voicemail', 'export', `out.${format}`, '--in', 'archive', '--format', format);
    }
    await jackfield('trace', ...at, '--record', 'trace.txt', 'GET CURRENTUSERHANDLE');
    await exchange.stop();

    expect(await open()).toEqual([]);
    const written = await filesIn();
    for (const ending of [
      '.wav',
      '.flac',
      '.age',
      '.json',
      '.sqlite',
      '.jsonl',
      '.zip',
      '.csv',
      '.mbox',
      '.lock',
    ]) {
      expect([ending, written.some((name) => name.endsWith(ending))]).toEqual([ending, true]);
    }
  }, 180_000);
});
